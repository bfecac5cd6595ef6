// SPDX-License-Identifier: GPL-3.0-or-later
// Which message is next. Messages that are due go in order of age; the others wait for their time.
// A message that is in a transaction is in neither list but still known.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace mailchute::relay {

class Schedule {
 public:
  // Due at `due`; at once where that has passed. A known message gets the new time.
  void add(const std::string& id, Time arrival, Instant due);
  void remove(const std::string& id);
  bool contains(const std::string& id) const { return messages_.count(id) != 0; }

  // The oldest message that is due, other than `except`; it is out of the lists until add() or
  // remove().
  std::optional<std::string> take(Instant now, const std::string& except = {});
  // When take() will have something, given that it has nothing now.
  std::optional<Instant> next_due() const;
  std::optional<Instant> due(const std::string& id) const;

  // Everything that waits is due now; returns how many.
  std::size_t hurry(Instant now);
  bool hurry(const std::string& id, Instant now);

  std::size_t size() const { return messages_.size(); }
  std::optional<Time> oldest() const;

 private:
  struct Message {
    Time arrival;
    Instant due;
    enum class Where { waiting, ready, taken } where;
  };
  void promote(Instant now);
  void unlist(const std::string& id, const Message& message);

  std::map<std::string, Message> messages_;
  std::set<std::pair<Instant, std::string>> waiting_;
  std::set<std::pair<Time, std::string>> ready_;
};

}  // namespace mailchute::relay
