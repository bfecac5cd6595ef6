// SPDX-License-Identifier: GPL-3.0-or-later
// Listings for programs. Only US-ASCII leaves here, whatever other people have written; octets that
// are not UTF-8 become U+FFFD. Times are ISO 8601 in UTC.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/explain.h"
#include "queue/control.h"
#include "queue/details.h"
#include "queue/listing.h"

namespace mailchute {

// An object in one line, without its LF.
std::string json_of(const queue::Listed& entry, Time now);
// A document.
std::string json_of(const queue::Details& details, Time now);

// An object in one line, without its LF.
std::string json_of(const config::Explanation& explanation);

struct StatusReport;
std::string json_of(const StatusReport& report, Time now);

}  // namespace mailchute
