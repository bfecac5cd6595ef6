// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/folding.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kPreferred = 78;
constexpr std::size_t kMaxWord = 900;  // with a name before it still below 998

bool is_printable(char c) { return c >= ' ' && c < 127; }

}  // namespace

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_printable);
}

std::string ascii_escaped(std::string_view text) {
  std::string out;
  for (const char c : escaped(text)) {
    if (is_printable(c)) {
      out += c;
    } else {
      out.append("\\x").append(to_hex(std::string_view(&c, 1)));
    }
  }
  return out;
}

std::string folded_field(std::string_view name, std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return !is_printable(c); }, ' ');
  std::string field(name);
  field += ':';
  std::size_t column = field.size();
  const auto put = [&](std::string_view word, bool first) {
    if (!first && column + 1 + word.size() > kPreferred) {
      field += '\n';
      column = 0;
    }
    field.append(" ").append(word);
    column += 1 + word.size();
  };
  bool first = true;
  for (std::string_view word : split(clean, ' ')) {
    for (; !word.empty(); word.remove_prefix(std::min(word.size(), kMaxWord))) {
      put(word.substr(0, kMaxWord), first);
      first = false;
    }
  }
  return field + '\n';
}

}  // namespace mailchute::mail
