// SPDX-License-Identifier: GPL-3.0-or-later
// How old messages are: as old as the clock said when each became known, and as much older as time
// has gone by since, suspend included. What the clock is set to later makes none of them older or
// younger.
#pragma once

#include <string>

#include "base/clock.h"
#include "relay/message_id.h"

namespace mailchute::relay {

class Ages {
 public:
  // Of one that is known already nothing changes. What comes from the future is new.
  void know(const std::string& id, Time arrival, Time at, Instant now);
  void forget(const std::string& id) { born_.erase(id); }
  // New where it is not known.
  Milliseconds of(const std::string& id, Instant now) const;

 private:
  ByMessage<Instant> born_;
};

}  // namespace mailchute::relay
