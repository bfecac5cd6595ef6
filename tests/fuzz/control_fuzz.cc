// SPDX-License-Identifier: GPL-3.0-or-later
// What claims to be the daemon says how a list goes on (the first line) and all about an entry (the
// others): what parses says the same when it is written again, in lines without control characters
// but the tabs between an entry's fields. Each line is tried as what became of an entry, too.
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
  fuzz::require(again->alarm.text == end->alarm.text);
  fuzz::require(end->alarm.text.empty() || again->alarm.since == end->alarm.since);
}

void check_acted(std::string_view line) {
  const auto acted = queue::parse_acted(line);
  if (!acted) return fuzz::require(fuzz::printable(acted.error().text));
  constexpr const char* kWhats[] = {" done", " later", " refused"};
  const std::string written = escaped(acted->id) + kWhats[static_cast<int>(acted->what)] +
                              (acted->text.empty() ? "" : " " + escaped(acted->text));
  const auto again = queue::parse_acted(written);
  fuzz::require(again && again->id == acted->id && again->what == acted->what &&
                again->text == acted->text);
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
  for (const auto line : lines) check_acted(line);
  check_details(std::vector<std::string>(lines.begin() + 1, lines.end()));
  return 0;
}
