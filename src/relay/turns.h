// SPDX-License-Identifier: GPL-3.0-or-later
// Messages that are due: the submitters take turns, and each sends his oldest message. So a flood
// delays its submitter alone, however long it has been there; and who has used up his allowance
// (submitters.h) lets the others go first.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "relay/message_id.h"
#include "relay/submitters.h"

namespace mailchute::relay {

class Turns {
 public:
  // Without submitters all is one man's. They outlive it.
  explicit Turns(const Submitters* submitters = nullptr) : submitters_(submitters) {}

  struct Message {
    Time arrival;
    MessageId id;
    auto operator<=>(const Message&) const = default;
  };
  void add(std::uint32_t owner, const Message& message);
  void remove(std::uint32_t owner, const Message& message);

  // Whose turn it is; nullptr: nobody's, for now.
  const Message* front(Instant now) const;
  std::optional<Message> take(Instant now);
  // The youngest of all that may begin, whosever turn it is.
  std::optional<Message> take_youngest(Instant now);
  // How many take() would give, one after the other.
  std::size_t ready(Instant now) const;
  std::size_t size() const;
  // The oldest of each submitter, and when his allowance lets it go or has since.
  struct First {
    const Message& message;
    Instant allowed;
  };
  std::vector<First> firsts() const;

 private:
  struct Line {
    std::uint64_t turn;  // the lowest is next
    std::set<Message> messages;
  };
  std::size_t may_begin(std::uint32_t owner, Instant now) const;
  using Order = std::map<std::uint64_t, std::uint32_t>;
  Order::const_iterator whose_turn(Instant now) const;

  const Submitters* submitters_;
  std::map<std::uint32_t, Line> lines_;  // none is empty
  Order order_;
  std::uint64_t last_turn_ = 0;
};

}  // namespace mailchute::relay
