// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/schedule.h"

#include <algorithm>
#include <vector>

namespace mailchute::relay {

void Schedule::unlist(Listed& listed) {
  const auto& [id, message] = listed;
  if (message.where == Message::Where::waiting) waiting_.erase(&listed);
  if (message.where != Message::Where::ready) return;
  if (message.care == Care::needed) careful_.erase(&listed);
  else ready_.remove(message.owner, {message.arrival, id});
}

void Schedule::add(const std::string& id, Time arrival, Instant due, Care care) {
  const auto [place, is_new] = messages_.try_emplace(id);
  if (!is_new) unlist(*place);
  place->second = {arrival, due, 0, care, Message::Where::waiting};
  waiting_.insert(&*place);
}

bool Schedule::remove(const std::string& id) {
  const auto found = messages_.find(id);
  if (found == messages_.end()) return false;
  unlist(*found);
  messages_.erase(found);
  return true;
}

void Schedule::promote(Instant now) {
  while (!waiting_.empty() && (*waiting_.begin())->second.due <= now) {
    Listed* const listed = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    auto& [id, message] = *listed;
    message.where = Message::Where::ready;
    if (message.care == Care::needed) {
      careful_.insert(listed);
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
  const auto message = ready_.take(now);
  return message ? std::optional(taken(*messages_.find(message->id))) : std::nullopt;
}

std::optional<std::string> Schedule::take_youngest(Instant now) {
  promote(now);
  const auto message = ready_.take_youngest(now);
  return message ? std::optional(taken(*messages_.find(message->id))) : std::nullopt;
}

std::string Schedule::taken(Listed& message) {
  message.second.where = Message::Where::taken;
  return message.first.text();
}

Schedule::ByDue::iterator Schedule::first_careful(const MessageId& except) {
  auto first = careful_.begin();
  if (first != careful_.end() && (*first)->first == except) ++first;
  return first;
}

std::optional<std::string> Schedule::take_careful(Instant now, const std::string& except) {
  promote(now);
  const auto first = first_careful(except);
  if (first == careful_.end()) return std::nullopt;
  return taken(*careful_.extract(first).value());
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
  return first == careful_.end() ? std::nullopt : std::optional((*first)->second.due);
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
  if (!careful_.empty()) consider((*careful_.begin())->second.due);
  if (!waiting_.empty()) consider((*waiting_.begin())->second.due);
  return first;
}

std::optional<Schedule::Place> Schedule::place(const std::string& id) const {
  const auto found = messages_.find(id);
  if (found == messages_.end()) return std::nullopt;
  return Place{found->second.arrival, found->second.due, found->second.care};
}

std::size_t Schedule::hurry(Instant now) {
  const std::vector<Listed*> waiting(waiting_.begin(), waiting_.end());
  for (Listed* const listed : waiting) hurry(*listed, now);
  return waiting.size() + ready_.size() + careful_.size();
}

bool Schedule::hurry(const std::string& id, Instant now) {
  const auto found = messages_.find(id);
  if (found == messages_.end()) return false;
  if (found->second.where == Message::Where::waiting) hurry(*found, now);
  return true;
}

void Schedule::hurry(Listed& waiting, Instant now) {
  waiting_.erase(&waiting);
  waiting.second.due = now;
  waiting_.insert(&waiting);
}

}  // namespace mailchute::relay
