// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/fields.h"

#include <algorithm>
#include <limits>

#include "base/text.h"

namespace mailchute::queue {

tl::unexpected<Error> malformed(std::string_view what) {
  return failure(Error::Kind::data, "malformed entry: " + std::string(what));
}

std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<std::string_view> take_field(std::string_view& text, std::string_view name) {
  std::string_view rest = text;
  if (!take(rest, name)) return std::nullopt;
  const auto value = take_line(rest);
  if (value) text = rest;
  return value;
}

std::optional<std::uint32_t> parse_uid(std::string_view text) {
  const auto uid = parse_number(text);
  if (!uid || *uid > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*uid);
}

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

std::string format_path(std::string_view address) {
  std::string out = "<";
  for (const char c : escaped(address)) c == '>' ? out.append("\\x3e") : out.append(1, c);
  return out.append(">");
}

std::optional<std::string> take_path(std::string_view& text) {
  if (!take(text, "<")) return std::nullopt;
  const auto path = text.substr(0, text.find('>'));
  if (path.size() == text.size()) return std::nullopt;
  text.remove_prefix(path.size() + 1);
  return unescaped(path);
}

void append_word(std::string& out, std::string_view field, std::string_view word) {
  if (!word.empty()) out.append(field).append(word).append("\n");
}

}  // namespace mailchute::queue
