// SPDX-License-Identifier: GPL-3.0-or-later
// How many messages a submitter may have sent per minute, as a bucket of tokens: who was quiet for
// a minute may send a minute's worth at once, and then evenly.
#pragma once

#include "base/clock.h"

namespace mailchute::relay {

class Allowance {
 public:
  explicit Allowance(unsigned messages_per_minute);  // from 1 to kMost
  static constexpr unsigned kMost = 60'000;          // one each millisecond

  // How many may begin now, and when the next may, or might have since.
  unsigned left(Instant now) const;
  Instant next() const { return full_ - (burst_ - 1) * each_; }
  void spend(Instant now);

 private:
  unsigned burst_;
  Milliseconds each_;  // for one token to come back
  Instant full_{};     // when all have come back
};

}  // namespace mailchute::relay
