// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/reconnect.h"

#include <utility>

#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

// A router learns routes all day long, thousands of them: what comes meanwhile is read at once.
constexpr Milliseconds kBetweenLooks{1000};

template <class Watch>
std::optional<Watch> opened(Result<Watch> watch, Log& log) {
  if (watch) return std::move(*watch);
  log(Event("no-watch", Severity::debug).with("reason", watch.error().text));
  return std::nullopt;
}

}  // namespace

Reconnect::Reconnect(net::EventLoop& loop, relay::Delivery& delivery, Log& log)
    : loop_(loop),
      delivery_(delivery),
      log_(log),
      network_(opened(sys::NetworkWatch::open(), log)),
      clock_(opened(sys::ClockWatch::open(), log)),
      pause_(loop),
      timer_(loop) {
  if (network_) watch_network();
  if (clock_) clock_news_.emplace(loop, clock_->fd(), [this] { look_at_clock(); });
}

void Reconnect::watch_network() {
  network_news_.emplace(loop_, network_->fd(), [this] { look_at_network(); });
}

void Reconnect::look_at_network() {
  if (network_->drain()) noticed("network");
  network_news_.reset();
  pause_.start(kBetweenLooks, [this] { watch_network(); });
}

void Reconnect::look_at_clock() {
  switch (clock_->drain()) {
    case sys::ClockWatch::News::none: return;
    case sys::ClockWatch::News::set: return noticed("clock");
    case sys::ClockWatch::News::resumed: return noticed("resume");
  }
}

void Reconnect::noticed(const char* what) {
  what_ = what;
  change_.noticed(sys::boot_now());
  wait();
}

void Reconnect::wait() {
  const auto due = change_.due();
  if (!due) return timer_.cancel();
  timer_.start(std::max(*due - sys::boot_now(), Milliseconds(0)), [this] { try_again(); });
}

void Reconnect::try_again() {
  if (delivery_.network_changed()) {
    log_(Event("network-changed").with("noticed", what_));
    change_.tried(sys::boot_now());
  } else {
    change_.settled();
  }
  wait();
}

}  // namespace mailchute::mailchuted
