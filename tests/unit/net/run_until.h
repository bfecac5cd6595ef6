// SPDX-License-Identifier: GPL-3.0-or-later
// For tests that run a loop until something has happened.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "net/event_loop.h"

namespace mailchute::net {

// Looks after each thing that happens; thirty seconds mean that something hangs, and then the log tells.
inline void run_until(EventLoop& loop, const std::function<bool()>& done, const std::vector<std::string>& log) {
  Timer limit(loop);
  limit.start(Seconds(30), [&] {
    ADD_FAILURE() << "nothing happens any more; log:\n" << ::testing::PrintToString(log);
    loop.stop();
  });
  Timer look(loop);
  std::function<void()> again = [&] {
    if (done()) return loop.stop();
    look.start(Milliseconds(1), again);
  };
  look.start(Milliseconds(0), again);
  loop.run();
}

}  // namespace mailchute::net
