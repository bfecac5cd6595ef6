// SPDX-License-Identifier: GPL-3.0-or-later
// Sends one digest (mail/collection.h) in place of many messages that are alike; which these are
// says gathering.h. A digest is an entry of its own that names its originals (queue/format.h): as
// long as it is in the queue they stay there, too, but are not sent. When a recipient has got it
// they leave with it; when nobody could get it it leaves, and they are sent one by one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/settings.h"
#include "queue/queue.h"
#include "relay/gathering.h"
#include "relay/recorder.h"
#include "relay/submitters.h"
#include "smtp/extensions.h"

namespace mailchute::relay {

class Digester {
 public:
  // All outlive it. `user` hears when messages are to be tried next, and what is gone.
  Digester(queue::Queue& queue, const config::Settings& settings, Concerned gathered,
           Submitters& submitters, RecorderUser& user, Log& log);

  // What is found in the queue at a start: first each digest, then each message, whose next try may
  // become another.
  void found_digest(const std::string& id, const std::vector<std::string>& originals, Time arrival);
  void found(const std::string& id, Time arrival, queue::RetryInfo& info);

  // Before a message is sent. True: it is not sent now, and the user knows when to try again.
  bool stands_aside(const std::string& id);
  bool holds_back(const queue::Entry& entry, const smtp::Extensions& offered);

  // Somebody wants them now: what is held back goes alone.
  void hurry(const std::string& id) { gathering_.send_alone(id); }
  void hurry_all() { gathering_.send_all_alone(); }
  // What must be sent for this message to arrive: its digest, or itself.
  std::string carrier(const std::string& id) const;
  // It has left cur/.
  void gone(const std::string& id);
  // This digest has left the queue for none of its originals: each is tried on its own, after a
  // while.
  void dissolve(const std::string& digest);
  // Digests that another worker may have sent or given up meanwhile.
  void look_again();

 private:
  struct Draft;
  bool concerns(const queue::Entry& entry) const;
  void wait(const queue::Entry& entry, const Alert& alert, Instant until);
  void send_digest(const Alert& alert, const smtp::Extensions& offered);
  std::uint64_t size_limit(const smtp::Extensions& offered) const;
  Draft draft(const Alert& alert, const smtp::Extensions& offered);
  Result<> write(const Draft& draft);
  void take_over(const Draft& draft);
  void carry(const std::string& id, const std::string& digest, Time arrival);
  void let_go(const std::string& digest, const std::string& why = "was not delivered in digest ",
              Milliseconds wait = Milliseconds(0));

  queue::Queue& queue_;
  const config::Settings& settings_;
  Concerned gathered_;
  Submitters& submitters_;
  RecorderUser& user_;
  Log& log_;
  Gathering gathering_;
  struct Carried {
    std::string digest;
    Time arrival;
  };
  std::map<std::string, Carried> carried_;                // by original
  std::map<std::string, std::set<std::string>> digests_;  // their originals
};

}  // namespace mailchute::relay
