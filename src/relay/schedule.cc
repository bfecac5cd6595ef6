// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/schedule.h"

#include <algorithm>

namespace mailchute::relay {

void Schedule::unlist(const std::string& id, const Message& message) {
  if (message.where == Message::Where::waiting) waiting_.erase({message.due, id});
  if (message.where == Message::Where::ready) ready_.erase({message.arrival, id});
}

void Schedule::add(const std::string& id, Time arrival, Instant due) {
  remove(id);
  messages_[id] = {arrival, due, Message::Where::waiting};
  waiting_.insert({due, id});
}

void Schedule::remove(const std::string& id) {
  const auto found = messages_.find(id);
  if (found == messages_.end()) return;
  unlist(id, found->second);
  messages_.erase(found);
}

void Schedule::promote(Instant now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const std::string id = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    Message& message = messages_.at(id);
    message.where = Message::Where::ready;
    ready_.insert({message.arrival, id});
  }
}

std::optional<std::string> Schedule::take(Instant now, const std::string& except) {
  promote(now);
  auto oldest = ready_.begin();
  if (oldest != ready_.end() && oldest->second == except) ++oldest;
  if (oldest == ready_.end()) return std::nullopt;
  std::string id = oldest->second;
  ready_.erase(oldest);
  messages_.at(id).where = Message::Where::taken;
  return id;
}

std::optional<Instant> Schedule::next_due() const {
  if (!ready_.empty()) return messages_.at(ready_.begin()->second).due;
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

std::optional<Instant> Schedule::due(const std::string& id) const {
  const auto found = messages_.find(id);
  return found == messages_.end() ? std::nullopt : std::optional(found->second.due);
}

std::size_t Schedule::hurry(Instant now) {
  std::vector<std::string> ids;
  for (const auto& [due, id] : waiting_) ids.push_back(id);
  for (const auto& id : ids) hurry(id, now);
  return ids.size() + ready_.size();
}

bool Schedule::hurry(const std::string& id, Instant now) {
  const auto found = messages_.find(id);
  if (found == messages_.end()) return false;
  if (found->second.where == Message::Where::waiting) add(id, found->second.arrival, now);
  return true;
}

std::optional<Time> Schedule::oldest() const {
  if (messages_.empty()) return std::nullopt;
  return std::min_element(messages_.begin(), messages_.end(), [](const auto& a, const auto& b) {
           return a.second.arrival < b.second.arrival;
         })->second.arrival;
}

}  // namespace mailchute::relay
