// SPDX-License-Identifier: GPL-3.0-or-later
// Tells that the clock was set (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET), as it also is when the
// machine wakes from suspend: the network may be another one then, and certificates be valid that
// were not, or the other way round.
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "sys/unique_fd.h"

namespace mailchute::sys {

class ClockWatch {
 public:
  static Result<ClockWatch> open();

  // Readable when there is something to drain.
  int fd() const { return fd_.get(); }
  enum class News { none, set, resumed };
  News drain();

 private:
  explicit ClockWatch(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<> arm();

  UniqueFd fd_;
  Milliseconds suspended_{};  // since the machine started
};

}  // namespace mailchute::sys
