// SPDX-License-Identifier: GPL-3.0-or-later
// The words of a request that select messages (first line), as anybody may send them, and an entry
// (second line): what is understood is the same when it is written again, and selects nothing that
// it had ruled out before it looked.
#include "fuzz/input.h"
#include "queue/selection.h"

using namespace mailchute;

namespace {

void check_entry(const queue::Selector& selector, std::string_view line) {
  const auto entry = queue::parse_listed(line);
  if (!entry || !selector.matches(*entry)) return;
  fuzz::require(selector.may_match(entry->id, entry->place, entry->time));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Input(data, size).rest();
  const auto end = std::min(text.find('\n'), text.size());
  const auto words = queue::parse_words(text.substr(0, end));
  if (!words) return 0;
  fuzz::require(queue::parse_words(queue::format_words(*words)) == words);
  const auto selection = queue::selection_of(*words);
  if (!selection) return fuzz::require(fuzz::printable(selection.error().text)), 0;
  const auto again = queue::selection_of(queue::words_of(*selection));
  fuzz::require(again && *again == *selection);
  const auto selector = queue::Selector::of(*selection);
  if (!selector) return fuzz::require(fuzz::printable(selector.error().text)), 0;
  check_entry(*selector, text.substr(std::min(end + 1, text.size())));
  return 0;
}
