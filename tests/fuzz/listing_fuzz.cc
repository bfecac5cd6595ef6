// SPDX-License-Identifier: GPL-3.0-or-later
// A line about an entry, from whatever claims to be the daemon: what parses says the same when it is
// written again, and mailq prints it without control characters.
#include "fuzz/input.h"
#include "queue/listing.h"

using namespace mailchute;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto listed = queue::parse_listed(fuzz::Input(data, size).rest());
  if (!listed) return 0;
  const std::string line = queue::format_listed(*listed);
  fuzz::require(line.find('\n') == line.npos && queue::parse_listed(line) == *listed);
  const std::string shown = queue::format_mailq({*listed}, 1, listed->size, Time(), 3600);
  for (const auto text : split(shown, '\n')) fuzz::require(fuzz::printable(text));
  return 0;
}
