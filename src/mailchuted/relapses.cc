// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/relapses.h"

namespace mailchute::mailchuted {

void Relapses::died(const std::string& how, bool again, Steady::time_point now, Time wall) {
  if (began_ && now - last_ >= kWithin) *this = {};
  if (!began_) {
    began_ = now;
    since_ = wall;
  }
  last_ = now;
  how_ = how;
  ++deaths_;
  if (again) return;
  recent_.push_back(now);
  if (recent_.size() > kTooMany) recent_.pop_front();
  too_many_ |= recent_.size() == kTooMany && now - recent_.front() <= kWithin;
}

Sign Relapses::sign(Steady::time_point now) {
  if (began_ && now - last_ >= kWithin) *this = {};
  if (!too_many_) return {Sign::State::well, {"", {}, {}, Trouble::Kind::relapses}};
  return {Sign::State::trouble,
          {"", since_,
           "the worker has died " + std::to_string(deaths_) + " times, the last " + how_ +
               "; it works in between",
           Trouble::Kind::relapses}};
}

std::optional<Steady::time_point> Relapses::over_at() const {
  return too_many_ ? std::optional(last_ + kWithin) : std::nullopt;
}

}  // namespace mailchute::mailchuted
