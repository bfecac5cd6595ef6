// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/network_change.h"

#include <algorithm>

namespace mailchute::relay {
namespace {

constexpr unsigned kAttempts = 4;       // after 0.3, 5, 15 and 35 seconds
constexpr Milliseconds kSettling{300};  // an address without its route leads nowhere
constexpr Milliseconds kWidest{300'000};
constexpr Milliseconds kQuiet{600'000};  // without a change: the next one is a new one

}  // namespace

void NetworkChange::noticed(Instant now) {
  if (noticed_ && now - *noticed_ > kQuiet) settled();
  if (attempts_ == 0 || tried_ >= noticed_) first_ = now + kSettling;
  noticed_ = now;
  attempts_ = kAttempts;
}

std::optional<Instant> NetworkChange::due() const {
  if (attempts_ == 0) return std::nullopt;
  return tried_ ? std::max(first_, *tried_ + spacing_) : first_;
}

void NetworkChange::tried(Instant now) {
  if (tried_) spacing_ = std::min(2 * spacing_, kWidest);
  tried_ = now;
  if (attempts_ > 0) --attempts_;
}

}  // namespace mailchute::relay
