// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/health.h"

#include <algorithm>

namespace mailchute::relay {
namespace {

constexpr Seconds kCrowdedFor{300};  // other clients of the smart host come and go

}  // namespace

void Health::works() {
  failures_ = 0;
  suspect_.clear();
  until_.reset();
  last_error_.clear();
  since_.reset();
  out_of_reach_ = false;
}

void Health::trouble(const std::string& reason, Time at, Instant now, double chance, Heard heard) {
  ++failures_;
  out_of_reach_ = heard == Heard::nothing;
  crowded_until_.reset();
  last_error_ = reason;
  if (!since_) since_ = at;
  until_ = now + retry_delay(limits_, failures_, chance);
}

void Health::interrupted(const std::string& id, bool probe, const std::string& reason, Time at,
                         Instant now, double chance) {
  if (probe && id != suspect_) return trouble(reason, at, now, chance);
  suspect_ = id;
  last_error_ = reason;
}

void Health::crowded(unsigned others, Instant now) {
  let_in_ = std::max(others, 1u);
  crowded_until_ = now + kCrowdedFor;
}

unsigned Health::connections(Instant now) const {
  if (on_probation()) return 1;
  return crowded_until_ && now < *crowded_until_ ? std::min(let_in_, connections_) : connections_;
}

}  // namespace mailchute::relay
