// SPDX-License-Identifier: GPL-3.0-or-later
// What claims to be the daemon says how a list goes on (the first line) and all about an entry (the
// others): what parses says the same when it is written again, in lines without control characters
// but the tabs between an entry's fields.
#include <string>

#include "fuzz/input.h"
#include "queue/control.h"

using namespace mailchute;

namespace {

void check_end(std::string_view text) {
  const auto end = queue::parse_totals(text);
  if (!end) return fuzz::require(fuzz::printable(end.error().text));
  const auto again =
      queue::parse_totals(queue::format_totals(end->totals, end->next ? &*end->next : nullptr, end->alarm));
  fuzz::require(again && again->totals.requests == end->totals.requests);
  fuzz::require(again->totals.octets == end->totals.octets && again->next == end->next);
}

void check_details(const std::vector<std::string>& lines) {
  const auto details = queue::parse_details(lines);
  if (!details) return fuzz::require(fuzz::printable(details.error().text));
  const auto written = queue::format_details(*details);
  for (std::string line : written) {
    std::replace(line.begin(), line.end(), '\t', ' ');
    fuzz::require(fuzz::printable(line));
  }
  fuzz::require(queue::parse_details(written) == *details);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lines = split(fuzz::Input(data, size).rest(), '\n');
  if (lines.empty()) return 0;
  check_end(lines.front());
  check_details(std::vector<std::string>(lines.begin() + 1, lines.end()));
  return 0;
}
