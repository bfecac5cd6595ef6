// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/pace.h"

#include <algorithm>

namespace mailchute::relay {
namespace {

constexpr Milliseconds kMinute{60'000};

}  // namespace

// What is under way may be counted at any time until its end, so a minute is counted from there.
Instant Pace::next(Instant now) const {
  if (limit_ == 0) return now;
  if (under_way_ >= limit_) return Instant::max();
  Instant next = now;
  if (last_begun_ != Instant::min())
    next = std::max(next, last_begun_ + (kMinute + Milliseconds(limit_ - 1)) / limit_);
  const std::size_t free = limit_ - under_way_;
  if (ended_.size() >= free) next = std::max(next, ended_[ended_.size() - free] + kMinute);
  return next;
}

void Pace::begun(Instant now) {
  ++under_way_;
  last_begun_ = now;
}

void Pace::ended(Instant now, bool counts) {
  --under_way_;
  if (limit_ == 0 || !counts) return;
  ended_.push_back(now);
  if (ended_.size() > limit_) ended_.pop_front();
}

}  // namespace mailchute::relay
