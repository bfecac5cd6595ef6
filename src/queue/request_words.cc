// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/request_words.h"

#include "base/text.h"

namespace mailchute::queue {

std::string format_words(const std::vector<Word>& words) {
  std::string text;
  for (const auto& [key, value] : words)
    text.append(text.empty() ? "" : "\t").append(key + "=" + escaped(value));
  return text;
}

std::optional<std::vector<Word>> parse_words(std::string_view text) {
  std::vector<Word> words;
  if (text.empty()) return words;
  for (const std::string_view word : split(text, '\t')) {
    const auto end = word.find('=');
    if (end == word.npos || end == 0) return std::nullopt;
    auto value = unescaped(word.substr(end + 1));
    if (!value) return std::nullopt;
    words.push_back({std::string(word.substr(0, end)), std::move(*value)});
  }
  return words;
}

}  // namespace mailchute::queue
