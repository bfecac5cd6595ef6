// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps count of workers that died, and of what they died: one that dies again and again while it
// works on the same message must not do so for ever.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/clock.h"
#include "relay/board.h"
#include "relay/delivery.h"

namespace mailchute::mailchuted {

class Casualties {
 public:
  // A message is deadly once so many workers have died of it within such a time.
  static constexpr int kTooMany = 3;
  static constexpr Seconds kWithin{3600};

  // A worker died and left its board like this. Returns the ids it was at work on: the one it
  // touched, which is to blame; else all in hand, of which one alone is.
  std::vector<std::string> died(const relay::Board& board, Instant now);

  // A worker has gone as it should, but not all it had in hand was written down.
  void left_behind(const relay::Board& board);

  // What the next worker must know of: nothing of it is `elsewhere`.
  const relay::Inheritance& left() const { return left_; }
  // A worker has taken note of it. What was deadly starts anew.
  void told();

 private:
  void blame(const std::string& id, Instant now);

  struct Death {
    Instant when;
    std::string id;
  };
  std::deque<Death> deaths_;  // within the time that counts, oldest first
  relay::Inheritance left_;
};

}  // namespace mailchute::mailchuted
