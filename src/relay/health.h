// SPDX-License-Identifier: GPL-3.0-or-later
// What is known about the smart host. Trouble before MAIL pauses it: one probe at a time, backing
// off. Trouble in the middle of a message may be that message's fault, so it pauses the smart host
// only when a different message, sent alone, meets it too. A connection too many that is refused
// beside others is no trouble at all: there are fewer of them for a while.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "relay/retry.h"

namespace mailchute::relay {

class Health {
 public:
  Health(RetryLimits limits, unsigned connections) : limits_(limits), connections_(connections) {}

  // Whether anything came from the smart host before there was trouble. Nothing: it may be the network's.
  enum class Heard { something, nothing };

  // The smart host took a message, or refused one in order: it works.
  void works();
  // Session-level trouble; `chance` as in retry_delay().
  void trouble(const std::string& reason, Time at, Instant now, double chance,
               Heard heard = Heard::something);
  // Trouble in the middle of message `id`, which was begun while on_probation() (`probe`) or before.
  void interrupted(const std::string& id, bool probe, const std::string& reason, Time at,
                   Instant now, double chance);
  // It let no further connection in beside `others`, open or being opened. If none of these gets on
  // either, the last one's trouble() takes this back.
  void crowded(unsigned others, Instant now);
  // An administrator, or a reload: try at once.
  void forget_pause() { until_.reset(); }
  // Trouble that another network may be without.
  bool out_of_reach() const { return out_of_reach_; }

  bool paused(Instant now) const { return until_ && now < *until_; }
  std::optional<Instant> paused_until() const { return until_; }
  // After trouble, until the first success: one connection, one message at a time.
  bool on_probation() const { return failures_ > 0 || !suspect_.empty(); }
  // The message that the connection was lost with; a probe uses another one if there is one.
  const std::string& suspect() const { return suspect_; }
  // How many connections there may be now.
  unsigned connections(Instant now) const;
  const std::string& last_error() const { return last_error_; }
  std::optional<Time> since() const { return since_; }

 private:
  RetryLimits limits_;
  unsigned connections_;
  unsigned let_in_ = 0;
  std::optional<Instant> crowded_until_;
  unsigned failures_ = 0;  // in a row
  std::string suspect_;
  std::optional<Instant> until_;
  bool out_of_reach_ = false;
  std::string last_error_;
  std::optional<Time> since_;
};

}  // namespace mailchute::relay
