// SPDX-License-Identifier: GPL-3.0-or-later
// Has delivery try again when the machine may reach what it could not reach before: the network has
// changed, it woke from suspend, or its clock was set. Where a sandbox hides one of these from the
// worker, delivery goes by its schedule alone.
#pragma once

#include <optional>

#include "base/log.h"
#include "net/event_loop.h"
#include "relay/delivery.h"
#include "relay/network_change.h"
#include "sys/clock_watch.h"
#include "sys/network_watch.h"

namespace mailchute::mailchuted {

class Reconnect {
 public:
  // All outlive it.
  Reconnect(net::EventLoop& loop, relay::Delivery& delivery, Log& log);

 private:
  void watch_network();
  void look_at_network();
  void look_at_clock();
  void noticed(const char* what);
  void wait();
  void try_again();

  net::EventLoop& loop_;
  relay::Delivery& delivery_;
  Log& log_;
  std::optional<sys::NetworkWatch> network_;
  std::optional<sys::ClockWatch> clock_;
  std::optional<net::ReadableWatch> network_news_, clock_news_;
  net::Timer pause_;  // between two looks at the network
  net::Timer timer_;
  relay::NetworkChange change_;
  const char* what_ = "";  // was noticed last
};

}  // namespace mailchute::mailchuted
