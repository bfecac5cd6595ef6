// SPDX-License-Identifier: GPL-3.0-or-later
// Tells senders what could not be delivered, has to wait, or was passed on to a smart host that
// will not tell (RFC 3461, 6): the notification (mail/dsn.h) is an entry of the daemon's own, and
// queued before the recipients it names leave theirs. Its id stands in the entry it is about before
// it is written (queue/format.h), so that after a crash at any point there is exactly one of it. It
// must not be sent before settle() has returned its id.
//
// Nobody is told of a lost notification, nor where the sender does not want it; such an entry ends
// as a dead letter.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "config/settings.h"
#include "mail/dsn.h"
#include "queue/queue.h"

namespace mailchute::relay {

// What a report says beside what is in the entry.
struct Circumstances {
  std::string hostname;
  Seconds lifetime{};  // of mail
  Time now{};
  int utc_offset = 0;   // seconds
  Time last_attempt{};  // 1970: not known
};

// On what is owed by `entry`; `start` is its message, or the first 64 KiB of it, and is borrowed.
mail::DsnReport report_on(const queue::Entry& entry, std::string_view start,
                          const Circumstances& circumstances);

class Bouncer {
 public:
  // All outlive it.
  Bouncer(queue::Queue& queue, const config::Settings& settings, Log& log);

  struct Settled {
    queue::Disposition where;  // owed: it could not be done for now, and is to be tried again
    std::string notification;  // in cur/, to be sent now; empty: none
  };
  // To be called with what record() has returned, and with `owed` for an entry that owes when it is
  // loaded.
  Settled settle(queue::Entry& entry, queue::Disposition recorded, Time last_attempt);

  // Those that entries which are not settled yet may have queued before a crash; no others.
  void withhold(std::set<std::string> notifications) { withheld_ = std::move(notifications); }
  bool withholds(const std::string& notification) const { return withheld_.contains(notification); }

 private:
  Result<> queue_notification(const queue::Entry& entry, Time last_attempt);
  Settled not_queued(const queue::Entry& entry, const Error& error);
  Settled settled(const queue::Entry& entry, queue::Disposition where, std::string_view reason);
  Settled later(const queue::Entry& entry, const Error& error);

  queue::Queue& queue_;
  const config::Settings& settings_;
  Log& log_;
  std::set<std::string> withheld_;
};

}  // namespace mailchute::relay
