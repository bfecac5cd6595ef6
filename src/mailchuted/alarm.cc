// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/alarm.h"

#include <algorithm>

namespace mailchute::mailchuted {

using State = Sign::State;
using Kind = Trouble::Kind;

namespace {

// What no worker knows.
bool is_keepers(Kind kind) { return kind == Kind::worker || kind == Kind::relapses; }

}  // namespace

void Alarm::hear(const Condition& condition, Steady::time_point now) {
  for (const Sign& sign : condition.signs) hear(sign, now);
  // A smart host that is not in the configuration any more: that mail goes another way is yet to be
  // shown.
  const bool one_is_well =
      std::any_of(condition.signs.begin(), condition.signs.end(), [](const Sign& sign) {
        return sign.state == State::well && sign.trouble.kind == Kind::smart_host;
      });
  for (auto& [subject, open] : cases_) {
    const bool known =
        std::any_of(condition.signs.begin(), condition.signs.end(),
                    [&](const Sign& sign) { return subject_of(sign.trouble) == subject; });
    if (!is_keepers(open.trouble.kind) && !known && (one_is_well || !open.announced))
      open.over = true;
  }
  std::erase_if(cases_,
                [](const auto& open) { return open.second.over && !open.second.announced; });
}

void Alarm::hear(const Sign& sign, Steady::time_point now) {
  const auto found = cases_.find(subject_of(sign.trouble));
  if (sign.state == State::trouble && found == cases_.end()) {
    cases_.emplace(subject_of(sign.trouble), Case{sign.trouble, now, std::nullopt});
  } else if (sign.state == State::trouble) {
    found->second.trouble.reason = sign.trouble.reason;
    found->second.over = false;
  } else if (sign.state == State::well && found != cases_.end()) {
    found->second.over = true;
    if (!found->second.announced) cases_.erase(found);
  }
}

Steady::time_point Alarm::due(const Case& open, const config::Alarm& rules) {
  if (open.over) return open.noticed;
  return open.announced ? *open.announced + rules.again : open.noticed + rules.after;
}

Announcement::Event Alarm::event_of(const Case& open) {
  using Event = Announcement::Event;
  if (open.over) return Event::working;
  return open.trouble.kind == Kind::spare ? Event::degraded : Event::broken;
}

std::vector<Announcement> Alarm::announce(const config::Alarm& rules, Steady::time_point now) {
  std::vector<Announcement> said;
  for (auto& [subject, open] : cases_) {
    if (now < due(open, rules)) continue;
    said.push_back({event_of(open), open.trouble});
    open.announced = now;
  }
  std::erase_if(cases_, [](const auto& open) { return open.second.over; });
  return said;
}

std::optional<Steady::time_point> Alarm::next(const config::Alarm& rules) const {
  std::optional<Steady::time_point> first;
  for (const auto& [subject, open] : cases_) {
    const auto time = due(open, rules);
    first = std::min(first.value_or(time), time);
  }
  return first;
}

std::vector<Trouble> Alarm::raised() const {
  std::vector<Trouble> troubles;
  for (const auto& [subject, open] : cases_) {
    if (open.announced) troubles.push_back(open.trouble);
  }
  std::stable_sort(troubles.begin(), troubles.end(),
                   [](const Trouble& a, const Trouble& b) { return a.since < b.since; });
  return troubles;
}

}  // namespace mailchute::mailchuted
