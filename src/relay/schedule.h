// SPDX-License-Identifier: GPL-3.0-or-later
// Which message is next. Messages that are due go by turns (turns.h), each submitter's in order of
// age; the others wait for their time.
// A message that needs care (one that was interrupted, or may have been delivered) stands in a line
// of its own, in order of the time it became due. A message that is in a transaction is in no line
// but still known. There is one schedule for each route to smart hosts (dispatch.h).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "base/clock.h"
#include "relay/message_id.h"
#include "relay/submitters.h"
#include "relay/turns.h"

namespace mailchute::relay {

enum class Care : std::uint8_t { none, needed };

class Schedule {
 public:
  // Without submitters all is one man's. They outlive it, and know a message before it is added.
  explicit Schedule(const Submitters* submitters = nullptr)
      : submitters_(submitters), ready_(submitters) {}

  // Due at `due`; at once where that has passed. A known message gets the new time.
  void add(const std::string& id, Time arrival, Instant due, Care care = Care::none);
  bool remove(const std::string& id);
  bool contains(const std::string& id) const { return messages_.count(id) != 0; }
  Care care(const std::string& id) const;

  // Of the messages that are due and need no care the one whose turn it is; it is out of the lines
  // until add() or remove().
  std::optional<std::string> take(Instant now);
  // The youngest of these.
  std::optional<std::string> take_youngest(Instant now);
  // The same for those that need care, but not `except`.
  std::optional<std::string> take_careful(Instant now, const std::string& except = {});
  // What take() would give, and since when the first that needs care has been due.
  struct Front {
    Time arrival;
    Instant due;
  };
  std::optional<Front> front(Instant now);
  std::optional<Instant> careful_front(Instant now, const std::string& except = {});

  // How many take() and take_careful() would give, one after the other.
  std::size_t ready(Instant now);
  std::size_t careful_ready(Instant now);
  // When the first of those that wait is due, or has been due since.
  std::optional<Instant> next_due() const;
  struct Place {
    Time arrival;
    Instant due;
    Care care;
  };
  std::optional<Place> place(const std::string& id) const;

  // Everything that waits is due now; returns how many.
  std::size_t hurry(Instant now);
  bool hurry(const std::string& id, Instant now);

  std::size_t size() const { return messages_.size(); }

 private:
  struct Message {
    Time arrival;
    Instant due;
    std::uint32_t owner = 0;  // where it is ready
    Care care;
    enum class Where : std::uint8_t { waiting, ready, taken } where;
  };
  using Messages = ByMessage<Message>;
  using Listed = Messages::value_type;  // stays where it is until it is removed
  struct Sooner {
    bool operator()(const Listed* a, const Listed* b) const {
      return std::tie(a->second.due, a->first) < std::tie(b->second.due, b->first);
    }
  };
  using ByDue = std::set<Listed*, Sooner>;
  void promote(Instant now);
  void hurry(Listed& waiting, Instant now);
  std::string taken(Listed& message);
  void unlist(Listed& message);
  ByDue::iterator first_careful(const MessageId& except);

  const Submitters* submitters_;
  Messages messages_;
  ByDue waiting_;
  Turns ready_;
  ByDue careful_;
};

}  // namespace mailchute::relay
