// SPDX-License-Identifier: GPL-3.0-or-later
// Asking the daemon over its control socket. A request is one line: LIST, STATUS, RETRY *, RETRY
// ID...; the answer is data lines, each behind a blank, and a last line "OK ..." or "ERROR ...". An
// answer without its last line is no answer: half a queue is never shown as a whole one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "queue/listing.h"

namespace mailchute::queue {

struct Answer {
  std::vector<std::string> lines;  // without the blank
  std::string summary;             // behind OK
};

// Kind temporary: no daemon, or no answer in time; rejected: the daemon's ERROR.
Result<Answer> ask(const std::string& socket, std::string_view request,
                   Milliseconds patience = Milliseconds(10000));

struct Overview {
  std::vector<Listed> shown;    // what the asker may see
  std::uint64_t requests = 0;   // the whole queue, dead letters not counted
  std::uint64_t octets = 0;
};

Result<Overview> ask_for_list(const std::string& socket);
// With the daemon down, for who may read the folders.
Result<Overview> read_list(const std::string& directory);

// "OK" line of a list, and back.
std::string format_totals(std::uint64_t requests, std::uint64_t octets);

}  // namespace mailchute::queue
