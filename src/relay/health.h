// SPDX-License-Identifier: GPL-3.0-or-later
// What is known about a smart host. Trouble that is its own pauses it: one probe at a time, backing
// off, much further where it refuses a login. Trouble that may be the message's own pauses it only
// when a different message meets it too; and when another message is taken, the blame is on those
// that were not. A connection too many that is refused beside others is no trouble at all: there
// are fewer of them for a while.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "relay/retry.h"
#include "relay/verdict.h"

namespace mailchute::relay {

// When something happened, and what chance says then (retry.h).
struct Moment {
  Time at;
  Instant now;
  double chance;
};

// A message that was begun while on_probation() (`probe`) or before.
struct Sent {
  const std::string& id;
  const std::string& reverse_path;
  const std::vector<std::string>& recipients;
  bool probe;
};

class Health {
 public:
  Health(RetryLimits limits, unsigned connections) : limits_(limits), connections_(connections) {}

  // Whether what the message meets is its own: the smart host took another one since it, or one of
  // the same sender, first met it; or it has been alone with its trouble for too long.
  bool blames(const Sent& message, Instant now) const;
  // What was said of the message. Where it turns out to be the smart host's fault the judgement is
  // changed. Returns the ids of those that are blamed from now on: their wait is over.
  std::vector<std::string> judged(const Sent& message, Judgement& judgement, const Moment& moment);
  void forget(const std::string& id);  // the message is gone

  // Trouble with the smart host itself.
  void trouble(Cause cause, const std::string& reason, const Moment& moment);
  // It let no further connection in beside `others`, open or being opened. If none of these gets on
  // either, the last one's trouble() takes this back.
  void crowded(unsigned others, Cause cause, Instant now);
  // An administrator, or a reload: try at once.
  void forget_pause() { until_.reset(); }
  // At some time it did what it is for.
  bool worked() const { return worked_; }
  // Trouble that another network may be without.
  bool out_of_reach() const { return cause_ == Cause::silence; }

  bool paused(Instant now) const { return until_ && now < *until_; }
  std::optional<Instant> paused_until() const { return until_; }
  // After trouble, until the first success: one connection, one message at a time.
  bool on_probation() const { return !failures_.empty() || !suspect_.empty(); }
  // The message that trouble was met with; a probe uses another one if there is one.
  const std::string& suspect() const { return suspect_; }
  // How many connections there may be now.
  unsigned connections(Instant now) const;
  const std::string& last_error() const { return last_error_; }
  std::optional<Time> since() const { return since_; }

 private:
  // A message that the smart host would not take for a reason that may be its own.
  struct Doubt {
    Instant since;
    std::string refusal;
    std::optional<std::string> sender;  // where MAIL was refused
    std::set<std::string> recipients;   // where these were
    bool certain;                       // the smart host's fault as long as nothing shows otherwise
    bool blamed = false;
  };

  // A message that a connection was lost with.
  struct Lost {
    Instant since;
    bool to_blame = false;  // another one was taken since
  };

  void works();
  void interrupted(const Sent& message, const std::string& reason, const Moment& moment);
  void doubt(const Sent& message, Judgement& judgement, const Moment& moment);
  void note(const std::string& id, Doubt doubt);
  bool met_by_another(const std::string& id) const;
  std::vector<std::string> blame_others(const std::string& id);

  RetryLimits limits_;
  unsigned connections_;
  unsigned let_in_ = 0;
  std::optional<Instant> crowded_until_;
  std::map<Cause, unsigned> failures_;  // in a row
  std::string suspect_;
  std::map<std::string, Doubt> doubts_;
  std::map<std::string, Lost> lost_;
  std::optional<Instant> until_;
  std::optional<Cause> cause_;  // of the pause
  bool worked_ = false;
  std::string last_error_;
  std::optional<Time> since_;
};

}  // namespace mailchute::relay
