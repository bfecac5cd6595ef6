// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"

namespace mailchute::sys {

Time now();
Instant boot_now();
// Seconds east of UTC in the machine's zone at that time.
int utc_offset(Time at);

}  // namespace mailchute::sys
