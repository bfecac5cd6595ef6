// SPDX-License-Identifier: GPL-3.0-or-later
// Listings for programs. Only US-ASCII leaves here, whatever other people have written; octets that
// are not UTF-8 become U+FFFD. Times are ISO 8601 in UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

// The document of an act: what became of each entry, an object in one line, and how many fared how.
struct ActReport {
  std::string_view action;
  std::vector<std::string> entries;
  std::vector<std::pair<const char*, std::uint64_t>> numbers;
};
std::string json_of(const ActReport& report);
std::string json_of(const queue::Acted& acted, std::optional<std::uint64_t> size);

struct StatusReport;
std::string json_of(const StatusReport& report, Time now);

}  // namespace mailchute
