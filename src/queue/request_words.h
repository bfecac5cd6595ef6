// SPDX-License-Identifier: GPL-3.0-or-later
// What follows the verb of a request to the daemon: words KEY=VALUE between tabs, each value
// escaped, so that nothing a person writes can add a word or a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailchute::queue {

struct Word {
  std::string key;
  std::string value;
  bool operator==(const Word&) const = default;
};

std::string format_words(const std::vector<Word>& words);
// Nothing where it is not what format_words() writes; no words are none.
std::optional<std::vector<Word>> parse_words(std::string_view text);

}  // namespace mailchute::queue
