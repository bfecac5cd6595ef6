// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/turns.h"

#include <algorithm>
#include <limits>

namespace mailchute::relay {

std::size_t Turns::may_begin(std::uint32_t owner, Instant now) const {
  return submitters_ == nullptr ? std::numeric_limits<std::size_t>::max()
                                : submitters_->may_begin(owner, now);
}

void Turns::add(std::uint32_t owner, const Message& message) {
  auto line = lines_.find(owner);
  if (line == lines_.end()) {
    order_.emplace(++last_turn_, owner);
    line = lines_.emplace(owner, Line{last_turn_, {}}).first;
  }
  line->second.messages.insert(message);
}

void Turns::remove(std::uint32_t owner, const Message& message) {
  const auto line = lines_.find(owner);
  if (line == lines_.end()) return;
  line->second.messages.erase(message);
  if (!line->second.messages.empty()) return;
  order_.erase(line->second.turn);
  lines_.erase(line);
}

Turns::Order::const_iterator Turns::whose_turn(Instant now) const {
  return std::find_if(order_.begin(), order_.end(),
                      [&](const auto& turn) { return may_begin(turn.second, now) > 0; });
}

const Turns::Message* Turns::front(Instant now) const {
  const auto next = whose_turn(now);
  return next == order_.end() ? nullptr : &*lines_.at(next->second).messages.begin();
}

std::optional<Turns::Message> Turns::take(Instant now) {
  const auto next = whose_turn(now);
  if (next == order_.end()) return std::nullopt;
  const std::uint32_t owner = next->second;
  Line& line = lines_.at(owner);
  const Message message = *line.messages.begin();
  order_.erase(next);
  order_.emplace(line.turn = ++last_turn_, owner);
  remove(owner, message);
  return message;
}

std::optional<Turns::Message> Turns::take_youngest(Instant now) {
  std::optional<std::uint32_t> owner;
  Message youngest;
  for (const auto& [who, line] : lines_) {
    const Message& last = *line.messages.rbegin();
    if (may_begin(who, now) == 0 || (owner && last < youngest)) continue;
    owner = who;
    youngest = last;
  }
  if (!owner) return std::nullopt;
  remove(*owner, youngest);
  return youngest;
}

std::size_t Turns::ready(Instant now) const {
  std::size_t count = 0;
  for (const auto& [owner, line] : lines_)
    count += std::min(line.messages.size(), may_begin(owner, now));
  return count;
}

std::size_t Turns::size() const {
  std::size_t count = 0;
  for (const auto& [owner, line] : lines_) count += line.messages.size();
  return count;
}

std::vector<Turns::First> Turns::firsts() const {
  std::vector<First> firsts;
  for (const auto& [owner, line] : lines_) {
    firsts.push_back({*line.messages.begin(),
                      submitters_ == nullptr ? Instant::min() : submitters_->next(owner)});
  }
  return firsts;
}

}  // namespace mailchute::relay
