// SPDX-License-Identifier: GPL-3.0-or-later
// Messages per minute as a provider counts them: in no span of sixty seconds more than the limit,
// at whichever point of its conversation the smart host counts a message, and evenly rather than
// all at once and then none.
#pragma once

#include <deque>

#include "base/clock.h"

namespace mailchute::relay {

class Pace {
 public:
  // 0: no limit.
  explicit Pace(unsigned messages_per_minute) : limit_(messages_per_minute) {}

  // When the next message may begin: `now`, or later; Instant::max() until one that is under way
  // ends.
  Instant next(Instant now) const;
  void begun(Instant now);
  // `counts`: the smart host has heard of it.
  void ended(Instant now, bool counts);

 private:
  unsigned limit_;
  std::size_t under_way_ = 0;
  Instant last_begun_ = Instant::min();
  std::deque<Instant> ended_;  // the last of them, as many as the limit
};

}  // namespace mailchute::relay
