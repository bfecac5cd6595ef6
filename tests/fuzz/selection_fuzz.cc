// SPDX-License-Identifier: GPL-3.0-or-later
// The words of a request that select messages (first line), as anybody may send them, and an entry
// (second line): what is understood is the same when it is written again, selects nothing that it
// had ruled out before it looked, and finds ids as if it looked at each beginning in turn.
#include "fuzz/input.h"
#include "queue/selection.h"

using namespace mailchute;

namespace {

bool named(const queue::Selection& selection, const std::string& id) {
  return selection.ids.empty() ||
         std::any_of(selection.ids.begin(), selection.ids.end(),
                     [&](const auto& word) { return id.starts_with(queue::as_id(word)); });
}

void check_entry(const queue::Selection& selection, std::string_view line) {
  const auto selector = queue::Selector::of(selection);
  const auto entry = queue::parse_listed(line);
  if (!selector) return fuzz::require(fuzz::printable(selector.error().text));
  if (!entry) return;
  const bool possible = selector->may_match(entry->id, entry->place, entry->time);
  fuzz::require(possible || !selector->matches(*entry));
  queue::Selection ids;
  ids.ids = selection.ids;
  fuzz::require(queue::Selector::of(ids)->matches(*entry) == named(selection, entry->id));
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
  check_entry(*selection, text.substr(std::min(end + 1, text.size())));
  return 0;
}
