// SPDX-License-Identifier: GPL-3.0-or-later
// What mailq and `mailchute queue list` show: read from the queue, or received from the daemon as
// one line per entry, printed in Postfix's shape.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "queue/format.h"
#include "queue/retry_info.h"

namespace mailchute::queue {

enum class Place { incoming, active, waiting, held, failed };
std::string_view name_of(Place place);
std::optional<Place> parse_place(std::string_view name);

struct Listed {
  std::string id;
  Place place = Place::waiting;
  Time time{};
  std::uint64_t size = 0;  // octets of the message
  std::uint32_t uid = 0;   // owner of the file that was submitted, whatever its envelope says
  std::string sender;
  struct Recipient {
    std::string address;
    RecipientStatus status;
    std::string reply;  // of a failed one, or why it will fail
    bool operator==(const Recipient&) const = default;
  };
  std::vector<Recipient> recipients;
  std::string notification;              // where one is owed: its id; not in a line
  std::vector<std::string> digest_of{};  // the entries that it is a digest of; not in a line
  RetryInfo info;  // its reason: why it is held, or what is wrong with a damaged entry
  bool operator==(const Listed&) const = default;
};

// The place of an entry in a list, oldest first; by default before all.
struct Position {
  Time time = Time::min();
  std::string id;
  auto operator<=>(const Position&) const = default;
};

// One line without its LF, and back: fields between tabs, each escaped. The reader takes lines from
// the daemon only but is bounded all the same.
std::string format_listed(const Listed& listed);
Result<Listed> parse_listed(std::string_view line);

// Reads heads only, oldest first; entries that vanish meanwhile are left out. Needs the rights of
// the daemon or of root. Works on a queue that is in use.
Result<std::vector<Listed>> list(const std::string& directory);

// Postfix's mailq: recipients that are still to be delivered or failed, after the reason in
// parentheses. Header line, one block per entry, and the last line that monitoring parses
// ("-- 3 Kbytes in 2 Requests." or "Mail queue is empty"), counted over `requests` and `octets`
// of the whole queue even where fewer entries are shown. Dead letters are neither counted nor
// shown. `utc_offset` in seconds for the arrival times.
std::string format_mailq(const std::vector<Listed>& shown, std::uint64_t requests,
                         std::uint64_t octets, Time now, int utc_offset);

}  // namespace mailchute::queue
