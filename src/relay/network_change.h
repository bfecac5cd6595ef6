// SPDX-License-Identifier: GPL-3.0-or-later
// When a smart host that could not be reached is tried because the network has changed. One change
// is many events: a link, an address, a route, and what nobody is told of: a DNS server. So a
// change is good for some attempts, the first at once; where changes never end, attempts that lead
// to nothing come ever more rarely.
#pragma once

#include <optional>

#include "base/clock.h"

namespace mailchute::relay {

class NetworkChange {
 public:
  void noticed(Instant now);
  // When the next attempt is due; nothing: none is.
  std::optional<Instant> due() const;
  // There was an attempt, or one is under way.
  void tried(Instant now);
  // There is no need of any.
  void settled() { *this = {}; }

 private:
  unsigned attempts_ = 0;  // to come
  Instant first_{};        // not before
  std::optional<Instant> noticed_, tried_;
  Milliseconds spacing_{5000};  // of attempts, twice as much each time
};

}  // namespace mailchute::relay
