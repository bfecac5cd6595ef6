// SPDX-License-Identifier: GPL-3.0-or-later
// How long to wait before the next attempt, for a message or for a paused smart host: doubling from
// first to longest, a fifth of it left to chance so that what failed together does not come back
// together.
#pragma once

#include "base/clock.h"

namespace mailchute::relay {

struct RetryLimits {
  Seconds first{60};
  Seconds longest{3600};
};

// Between attempts to log in with what was refused: from a quarter of an hour to four hours, or
// longer where all waits are.
RetryLimits login_limits(const RetryLimits& limits);

// `attempts` so far, at least one; `chance` from 0 to 1.
Milliseconds retry_delay(const RetryLimits& limits, unsigned attempts, double chance);

}  // namespace mailchute::relay
