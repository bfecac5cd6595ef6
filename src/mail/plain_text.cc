// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/plain_text.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kWidth = 72;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t character_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && is_continuation(text[length])) ++length;
  return length;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

// U+0080 to U+009F, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069, U+FEFF.
bool is_invisible(std::string_view character) {
  if (character.size() == 2) return character[0] == '\xC2' && character[1] < '\xA0';
  if (character.size() != 3) return false;
  const auto last = static_cast<unsigned char>(character[2]);
  if (character.starts_with("\xE2\x80")) {
    return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
  }
  if (character.starts_with("\xE2\x81")) return last >= 0xA6 && last <= 0xA9;
  return character == "\xEF\xBB\xBF";
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view character = text.substr(0, character_length(text));
    text.remove_prefix(character.size());
    if (character == " " || is_control(character[0]) || is_invisible(character)) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += character;
    }
  }
  return std::string(trim(out));
}

std::string shortened(std::string_view text, std::size_t characters) {
  if (count_characters(text) <= characters) return std::string(text);
  std::size_t end = 0;
  for (std::size_t i = 3; i < characters; ++i) end += character_length(text.substr(end));
  return std::string(trim(text.substr(0, end))) + "...";
}

std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  std::size_t column = 0;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    const std::size_t width = count_characters(word);
    if (column != 0 && column + 1 + width > kWidth) {
      out += '\n';
      column = 0;
    }
    out.append(column == 0 ? indent : " ").append(word);
    column += (column == 0 ? indent.size() : 1) + width;
  }
  if (!out.empty()) out += '\n';
  return out;
}

}  // namespace mailchute::mail
