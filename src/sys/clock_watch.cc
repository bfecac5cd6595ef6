// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/clock_watch.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>

#include "sys/clock.h"

namespace mailchute::sys {
namespace {

constexpr time_t kNever = 8'000'000'000;  // in 2223; the kernel takes nothing behind 2262
constexpr Milliseconds kShortest{500};    // the two clocks are not read at the same time

// CLOCK_MONOTONIC stands still meanwhile.
Milliseconds suspended() {
  const auto awake = std::chrono::steady_clock::now().time_since_epoch();
  return boot_now().time_since_epoch() - std::chrono::duration_cast<Milliseconds>(awake);
}

}  // namespace

Result<ClockWatch> ClockWatch::open() {
  ClockWatch watch(UniqueFd(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)));
  if (auto armed = watch.arm(); !armed) return failure(std::move(armed.error()));
  return watch;
}

Result<> ClockWatch::arm() {
  itimerspec never{};
  never.it_value.tv_sec = kNever;
  suspended_ = suspended();
  if (::timerfd_settime(fd(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) != 0) {
    return failure(Error::from_errno("watch", "the clock"));
  }
  return {};
}

ClockWatch::News ClockWatch::drain() {
  std::uint64_t times = 0;
  if (::read(fd(), &times, sizeof times) >= 0 || errno != ECANCELED) return News::none;
  const Milliseconds before = suspended_;
  (void)arm();  // it was possible before
  return suspended_ - before > kShortest ? News::resumed : News::set;
}

}  // namespace mailchute::sys
