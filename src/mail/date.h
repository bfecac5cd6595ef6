// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/clock.h"

namespace mailchute::mail {

// "Sun, 22 Nov 2026 21:57:51 +0100" (RFC 5322, 3.3); `utc_offset` in seconds east of UTC.
std::string format_date(Time time, int utc_offset);

// "20261122205751", in UTC.
std::string format_compact_date(Time time);

}  // namespace mailchute::mail
