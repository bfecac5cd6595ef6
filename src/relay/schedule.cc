// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/schedule.h"

#include <algorithm>
#include <vector>

namespace mailchute::relay {

void Schedule::unlist(const std::string& id, const Message& message) {
  if (message.where == Message::Where::waiting) waiting_.erase({message.due, id});
  if (message.where != Message::Where::ready) return;
  if (message.care == Care::needed) careful_.erase({message.due, id});
  else ready_.remove(message.owner, {message.arrival, id});
}

void Schedule::add(const std::string& id, Time arrival, Instant due, Care care) {
  remove(id);
  messages_[id] = {arrival, due, care, Message::Where::waiting};
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
    if (message.care == Care::needed) {
      careful_.insert({message.due, id});
    } else {
      message.owner = submitters_ == nullptr ? 0 : submitters_->owner(id);
      ready_.add(message.owner, {message.arrival, id});
    }
  }
}

Care Schedule::care(const std::string& id) const {
  const auto found = messages_.find(id);
  return found == messages_.end() ? Care::none : found->second.care;
}

std::optional<std::string> Schedule::take(Instant now) {
  promote(now);
  auto message = ready_.take(now);
  return message ? std::optional(taken(std::move(message->id))) : std::nullopt;
}

std::optional<std::string> Schedule::take_youngest(Instant now) {
  promote(now);
  auto message = ready_.take_youngest(now);
  return message ? std::optional(taken(std::move(message->id))) : std::nullopt;
}

std::string Schedule::taken(std::string id) {
  messages_.at(id).where = Message::Where::taken;
  return id;
}

Schedule::ByDue::iterator Schedule::first_careful(const std::string& except) {
  auto first = careful_.begin();
  if (first != careful_.end() && first->second == except) ++first;
  return first;
}

std::optional<std::string> Schedule::take_careful(Instant now, const std::string& except) {
  promote(now);
  const auto first = first_careful(except);
  if (first == careful_.end()) return std::nullopt;
  return taken(careful_.extract(first).value().second);
}

std::optional<Schedule::Front> Schedule::front(Instant now) {
  promote(now);
  const auto* message = ready_.front(now);
  if (message == nullptr) return std::nullopt;
  return Front{message->arrival, messages_.at(message->id).due};
}

std::optional<Instant> Schedule::careful_front(Instant now, const std::string& except) {
  promote(now);
  const auto first = first_careful(except);
  return first == careful_.end() ? std::nullopt : std::optional(first->first);
}

std::size_t Schedule::ready(Instant now) {
  promote(now);
  return ready_.ready(now);
}

std::size_t Schedule::careful_ready(Instant now) {
  promote(now);
  return careful_.size();
}

std::optional<Instant> Schedule::next_due() const {
  std::optional<Instant> first;
  const auto consider = [&first](Instant due) { first = std::min(first.value_or(due), due); };
  for (const auto& [message, allowed] : ready_.firsts()) {
    consider(std::max(messages_.at(message.id).due, allowed));
  }
  if (!careful_.empty()) consider(careful_.begin()->first);
  if (!waiting_.empty()) consider(waiting_.begin()->first);
  return first;
}

std::optional<Schedule::Place> Schedule::place(const std::string& id) const {
  const auto found = messages_.find(id);
  if (found == messages_.end()) return std::nullopt;
  return Place{found->second.arrival, found->second.due, found->second.care};
}

std::size_t Schedule::hurry(Instant now) {
  std::vector<std::string> ids;
  for (const auto& [due, id] : waiting_) ids.push_back(id);
  for (const auto& id : ids) hurry(id, now);
  return ids.size() + ready_.size() + careful_.size();
}

bool Schedule::hurry(const std::string& id, Instant now) {
  const auto found = messages_.find(id);
  if (found == messages_.end()) return false;
  if (found->second.where == Message::Where::waiting) add(id, found->second.arrival, now, found->second.care);
  return true;
}

std::optional<Time> Schedule::oldest() const {
  if (messages_.empty()) return std::nullopt;
  return std::min_element(messages_.begin(), messages_.end(), [](const auto& a, const auto& b) {
           return a.second.arrival < b.second.arrival;
         })->second.arrival;
}

}  // namespace mailchute::relay
