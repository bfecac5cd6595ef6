// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/ages.h"

#include <algorithm>

namespace mailchute::relay {

void Ages::know(const std::string& id, Time arrival, Time at, Instant now) {
  born_.try_emplace(id, now - std::max(at - arrival, Milliseconds(0)));
}

Milliseconds Ages::of(const std::string& id, Instant now) const {
  const auto found = born_.find(id);
  return found == born_.end() ? Milliseconds(0) : now - found->second;
}

}  // namespace mailchute::relay
