// SPDX-License-Identifier: GPL-3.0-or-later
// What belongs to the daemon rather than to one of its workers: the lock on the queue and the
// sockets that clients connect to, for SMTP as well. The keeper holds them, so that a client finds
// the same name before and after a worker has died or made room for another.
#pragma once

#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "config/settings.h"
#include "mailchuted/smtp_sockets.h"
#include "sys/listening_socket.h"
#include "sys/unique_fd.h"

namespace mailchute::mailchuted {

// The paths and addresses that settings name.
struct Places {
  explicit Places(const config::Settings& settings);
  std::string queue;
  std::set<std::string> sockets;
  std::set<std::string> smtp;
};

class Premises {
 public:
  Premises() = default;
  explicit Premises(SmtpSockets smtp) : smtp_(std::move(smtp)) {}

  // Takes what is not held yet, or has lost its path, and makes the folder for the sockets. A queue
  // that the workers of a dead keeper still finish with is waited for, and so are their sockets.
  Result<> enter(const config::Settings& settings, Milliseconds patience);
  // Gives back what none of these uses. In a child the paths stay.
  void leave_all_but(const std::list<const Places*>& used);

  // A descriptor of one's own for what was entered; else none.
  sys::UniqueFd socket(const std::string& path) const;

  SmtpSockets& smtp() { return smtp_; }
  const SmtpSockets& smtp() const { return smtp_; }
  // In a worker that has its own: what it holds without need would stay open as long as it lives.
  void close_sockets();

 private:
  Result<> listen(const std::string& path, Milliseconds patience);

  std::map<std::string, sys::UniqueFd> locks_;
  std::map<std::string, sys::ListeningSocket> sockets_;
  SmtpSockets smtp_;
};

}  // namespace mailchute::mailchuted
