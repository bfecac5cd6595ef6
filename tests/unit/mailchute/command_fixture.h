// SPDX-License-Identifier: GPL-3.0-or-later
// A queue, a configuration for it, and what a command says.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "unit/queue/fixture.h"
#include "unit/sendmail/fake_daemon.h"

namespace mailchute {

class CommandTest : public ::testing::Test {
 protected:
  CommandTest() {
    support::write_file(config, "queue_directory = \"" + it.folder.path() + "\";\nrun_directory = \"" +
                                    run.path() + "\";\n");
  }
  int told(const std::function<int()>& command) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = command();
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return status;
  }
  std::ptrdiff_t complaints() const { return std::count(err.begin(), err.end(), '\n'); }

  queue::QueueFixture it;
  support::TemporaryFolder run;
  std::string config = run / "conf";
  std::string socket = run / "control";
  std::string out, err;
};

}  // namespace mailchute
