// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/allowance.h"

#include <algorithm>

namespace mailchute::relay {

Allowance::Allowance(unsigned messages_per_minute)
    : burst_(std::clamp(messages_per_minute, 1u, kMost)), each_((60'000 + burst_ - 1) / burst_) {}

unsigned Allowance::left(Instant now) const {
  if (full_ <= now) return burst_;
  const auto missing = (full_ - now + each_ - Milliseconds(1)) / each_;
  return missing >= burst_ ? 0 : burst_ - static_cast<unsigned>(missing);
}

void Allowance::spend(Instant now) { full_ = std::max(full_, now) + each_; }

}  // namespace mailchute::relay
