// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/gathering.h"

#include <algorithm>

namespace mailchute::relay {
namespace {

// A likeness is some hundred octets here. Who sends messages that are all different is not
// gathered.
constexpr std::size_t kMostRemembered = 10'000;

}  // namespace

Gathering::Answer Gathering::ask(const Alert& alert, Instant now) {
  using What = Answer::What;
  if (alone_.count(alert.id) != 0) return {What::send};
  if (!holds(alert.id)) {
    const bool many = too_many(alert);
    if (!many && groups_.count(alert.likeness) == 0) {
      alone_.insert(alert.id);
      return {What::send};
    }
    hold(alert, now + within_);
  }
  const Instant due = groups_.at(held_.at(alert.id).likeness).due;
  return due <= now ? Answer{What::digest} : Answer{What::wait, due};
}

// As they came: what has waited for a smart host is not more for being sent at once.
bool Gathering::too_many(const Alert& alert) {
  if (recent_.size() >= kMostRemembered && recent_.count(alert.likeness) == 0) forget_old();
  auto& times = recent_[alert.likeness];
  const bool many =
      times.size() == above_ && std::chrono::abs(alert.arrival - times.front()) <= within_;
  times.push_back(alert.arrival);
  if (times.size() > above_) times.pop_front();
  return many;
}

void Gathering::forget_old() {
  Time newest{};
  for (const auto& [likeness, times] : recent_) newest = std::max(newest, times.back());
  std::erase_if(recent_, [&](const auto& known) { return newest - known.second.back() > within_; });
  if (recent_.size() >= kMostRemembered) recent_.clear();
}

void Gathering::hold(const Alert& alert, Instant until) {
  groups_.try_emplace(alert.likeness, Group{until, {}})
      .first->second.messages.insert({alert.arrival, alert.id});
  held_.emplace(alert.id, alert);
}

void Gathering::release(const std::string& id) {
  const auto found = held_.find(id);
  if (found == held_.end()) return;
  const auto group = groups_.find(found->second.likeness);
  group->second.messages.erase({found->second.arrival, id});
  if (group->second.messages.empty()) groups_.erase(group);
  held_.erase(found);
}

std::vector<Alert> Gathering::company(const std::string& id) const {
  std::vector<Alert> company;
  for (const auto& [arrival, other] : groups_.at(held_.at(id).likeness).messages)
    company.push_back(held_.at(other));
  return company;
}

void Gathering::restore(const Alert& alert, Instant until) {
  if (holds(alert.id)) return;
  hold(alert, until);
  Group& group = groups_.at(alert.likeness);
  group.due = std::min(group.due, until);
}

void Gathering::send_alone(const std::string& id) {
  release(id);
  alone_.insert(id);
}

std::size_t Gathering::send_all_alone() {
  std::vector<std::string> ids;
  for (const auto& [id, alert] : held_) ids.push_back(id);
  for (const std::string& id : ids) send_alone(id);
  return ids.size();
}

void Gathering::gone(const std::string& id) {
  release(id);
  alone_.erase(id);
}

}  // namespace mailchute::relay
