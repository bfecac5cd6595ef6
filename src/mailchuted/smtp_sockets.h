// SPDX-License-Identifier: GPL-3.0-or-later
// The sockets on which SMTP is taken from local programs: those that a service manager opened, and
// those that the setting listener.listen names. The keeper opens them as long as it is root, since
// port 25 takes that, and keeps them from one worker to the next. One that cannot be opened does
// not keep other mail from going on.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "sys/unique_fd.h"

namespace mailchute::mailchuted {

struct SmtpSocket {
  std::string address;      // "127.0.0.1:25"
  sys::UniqueFd listening;  // or none, and
  std::string trouble{};    // why
};

class SmtpSockets {
 public:
  // What the service manager handed over; what is no TCP socket that listens is let go.
  explicit SmtpSockets(std::vector<sys::UniqueFd> handed_over = {});

  // Opens what is not open; addresses in use are given some time to come free. Returns what went
  // wrong with addresses not asked for before, a line each.
  std::vector<std::string> open(const config::Settings& settings,
                                Milliseconds patience = Milliseconds(0));
  // Forgets the others, but for those that were handed over.
  void close_all_but(const std::set<std::string>& addresses);

  // Other machines can connect to one that was handed over.
  bool reached_from_outside() const;
  // For a worker: descriptors of its own.
  std::vector<SmtpSocket> for_worker(const config::Settings& settings) const;

 private:
  struct Opened {
    sys::UniqueFd socket;
    std::string trouble;
    bool handed_over = false;
    bool loopback = true;  // of what was handed over
  };
  std::map<std::string, Opened> opened_;
};

// The addresses, as SmtpSocket has them, that settings name.
std::set<std::string> smtp_addresses(const config::Settings& settings);

}  // namespace mailchute::mailchuted
