// SPDX-License-Identifier: GPL-3.0-or-later
// Which messages are held back for a digest: where more than a number of messages that are alike
// came within a time, the others wait for that time, and go together when it is over. No clock, no
// I/O; it may be forgotten without harm: what was held back is then counted anew.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"

namespace mailchute::relay {

struct Alert {
  std::string id;
  std::string likeness;  // the same for what is alike
  Time arrival{};
};

class Gathering {
 public:
  Gathering(unsigned above, Milliseconds within) : above_(above), within_(within) {}

  // What to do with one that is about to be sent for the first time. Once that is `send` it stays
  // so: it may be put back before the smart host has said anything of it, and counts once.
  struct Answer {
    enum class What { send, wait, digest } what;
    Instant until{};  // for wait
  };
  Answer ask(const Alert& alert, Instant now);
  // Those that go with it, oldest first, itself among them.
  std::vector<Alert> company(const std::string& id) const;

  // Held back before, by who forgot it.
  void restore(const Alert& alert, Instant until);
  // It goes alone, whatever else comes.
  void send_alone(const std::string& id);
  std::size_t send_all_alone();
  // It has gone, alone or in a digest.
  void gone(const std::string& id);
  // It is in a digest now.
  void gathered(const std::string& id) { release(id); }

  bool holds(const std::string& id) const { return held_.count(id) != 0; }

 private:
  struct Group {
    Instant due;
    std::set<std::pair<Time, std::string>> messages;  // never empty
  };
  bool too_many(const Alert& alert);
  void forget_old();
  void hold(const Alert& alert, Instant until);
  void release(const std::string& id);

  unsigned above_;
  Milliseconds within_;
  std::map<std::string, std::deque<Time>> recent_;  // by likeness: when the last of them came
  std::map<std::string, Group> groups_;             // by likeness
  std::map<std::string, Alert> held_;               // by id: what is in groups_
  std::set<std::string> alone_;                     // by id, until it has gone
};

}  // namespace mailchute::relay
