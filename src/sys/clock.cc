// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/clock.h"

#include <ctime>

namespace mailchute::sys {

Time now() { return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now()); }

Instant boot_now() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return Instant(Milliseconds(t.tv_sec * 1000 + t.tv_nsec / 1000000));
}

int utc_offset(Time at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm local{};
  return ::localtime_r(&seconds, &local) != nullptr ? static_cast<int>(local.tm_gmtoff) : 0;
}

}  // namespace mailchute::sys
