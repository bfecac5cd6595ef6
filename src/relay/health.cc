// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/health.h"

namespace mailchute::relay {

void Health::works() {
  failures_ = 0;
  suspect_.clear();
  until_.reset();
  last_error_.clear();
  since_.reset();
}

void Health::trouble(const std::string& reason, Time at, Instant now, double chance) {
  ++failures_;
  last_error_ = reason;
  if (!since_) since_ = at;
  until_ = now + retry_delay(limits_, failures_, chance);
}

void Health::interrupted(const std::string& id, const std::string& reason, Time at, Instant now,
                         double chance) {
  if (!suspect_.empty() && suspect_ != id) return trouble(reason, at, now, chance);
  suspect_ = id;
  last_error_ = reason;
}

}  // namespace mailchute::relay
