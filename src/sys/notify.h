// SPDX-License-Identifier: GPL-3.0-or-later
// Tells the service manager how this service is, by the protocol of sd_notify(3): a datagram of
// KEY=VALUE lines to the socket in $NOTIFY_SOCKET. Where there is no such manager nothing is told.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "sys/unique_fd.h"

namespace mailchute::sys {

class Notify {
 public:
  // Connects at once, as long as this process may: later it may not reach the socket any more. The
  // variables are removed; children are not to speak for this process.
  static Notify from_environment();

  Notify() = default;  // tells nobody
  explicit operator bool() const { return static_cast<bool>(socket_); }

  void ready() const { tell("READY=1"); }
  // What people see in `systemctl status`; on one line.
  void status(std::string_view text) const;
  // Begun now; ready() ends it.
  void reloading() const;
  void stopping() const { tell("STOPPING=1"); }
  void alive() const { tell("WATCHDOG=1"); }

  // The manager ends this process when it hears nothing from alive() for so long.
  std::optional<std::chrono::microseconds> patience() const { return patience_; }

 private:
  void tell(std::string_view state) const;

  UniqueFd socket_;
  std::optional<std::chrono::microseconds> patience_;
};

}  // namespace mailchute::sys
