// SPDX-License-Identifier: GPL-3.0-or-later
// Two clocks, both passed in as values so that tests make their own time: Time is what calendars
// show and may jump; Instant only goes on, suspend included (CLOCK_BOOTTIME), and means nothing
// after a reboot. sys/clock.h reads them.
#pragma once

#include <chrono>

namespace mailchute {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

using Time = std::chrono::sys_time<Milliseconds>;

struct BootClock {
  using rep = Milliseconds::rep;
  using period = Milliseconds::period;
  using duration = Milliseconds;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using Instant = BootClock::time_point;

}  // namespace mailchute
