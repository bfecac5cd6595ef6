// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/source.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/text.h"

namespace mailchute::config {
namespace {

// libconfig's: [A-Za-z*][-A-Za-z0-9_*]*; the dot is what people write for a group.
bool in_name(char c) {
  return is_alpha(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '.';
}

std::string_view take_name(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), in_name);
  const auto name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(name.size());
  return name;
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

bool take_equals(std::string_view& text) {
  skip_blanks(text);
  if (text.empty() || (text.front() != '=' && text.front() != ':')) return false;
  text.remove_prefix(1);
  skip_blanks(text);
  return true;
}

// What stands behind "name ="; nothing when the line does not set it.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  for (std::size_t at = line.find(name); at != line.npos; at = line.find(name, at + 1)) {
    if (at > 0 && in_name(line[at - 1])) continue;
    std::string_view rest = line.substr(at + name.size());
    if (take_equals(rest)) return rest;
  }
  return std::nullopt;
}

}  // namespace

std::string_view line_of(std::string_view text, unsigned number) {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

std::optional<std::int64_t> number_in(std::string_view line, std::string_view name) {
  const auto value = value_of(line, name);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = value->data() + value->size();
  const auto result = std::from_chars(value->data(), end, number);
  if (result.ec != std::errc() || (result.ptr != end && in_name(*result.ptr))) return std::nullopt;
  return number;
}

bool fit_for_parser(std::string_view text, Complaints& complaints) {
  unsigned number = 1;
  for (std::string_view rest = text; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find('\0') != line.npos) {
      complaints.add(number, "a NUL octet: this is not a text file; write it anew");
      return false;
    }
    if (trim(line).starts_with("@include")) {
      complaints.add(number, "@include is not supported; write the settings into this file");
      return false;
    }
  }
  return true;
}

std::string syntax_advice(std::string_view line) {
  std::string_view rest = trim(line);
  if (rest.empty()) return "the file ends too early; close every { } and every \"text\"";
  const std::string_view name = take_name(rest);
  if (name.find('.') != name.npos) return "no dots in names; write group = { setting = value; };";
  if (!name.empty() && !take_equals(rest) && !rest.empty() && rest.front() != ';')
    return "an equals sign is missing; write setting = value;";
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t;#,}"));
  if (!name.empty() && !word.empty()) {
    for (const char* const yes_or_no : {"yes", "no", "on", "off"})
      if (equal_ignoring_case(word, yes_or_no)) return "write true or false";
    const bool as_it_is = equal_ignoring_case(word, "true") || equal_ignoring_case(word, "false") ||
                          std::string_view("\"({[").find(word.front()) != std::string_view::npos;
    if (!as_it_is && !std::all_of(word.begin(), word.end(), is_digit))
      return "text goes between double quotes; write setting = \"text\";";
  }
  return "look here and on the line before for a missing ; or \" or brace";
}

}  // namespace mailchute::config
