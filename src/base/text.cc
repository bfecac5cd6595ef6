// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <utility>

namespace mailchute {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool is_edge(char c) { return is_blank(c) || c == '\r' || c == '\n'; }

bool equal_lower(char a, char b) { return ascii_lower(a) == ascii_lower(b); }

unsigned char octet(char c) { return static_cast<unsigned char>(c); }

bool is_continuation(char c) { return (octet(c) & 0xC0) == 0x80; }

// Smallest and largest second octet after this first one (Unicode 3.9, table 3-7). C1 controls
// (C2 80 to C2 9F) move a terminal's cursor too, so they are left out.
std::pair<unsigned, unsigned> second_octet(unsigned first) {
  switch (first) {
    case 0xC2: return {0xA0, 0xBF};
    case 0xE0: return {0xA0, 0xBF};
    case 0xED: return {0x80, 0x9F};
    case 0xF0: return {0x90, 0xBF};
    case 0xF4: return {0x80, 0x8F};
    default: return {0x80, 0xBF};
  }
}

// Octets of the printable UTF-8 character beyond ASCII at the front; 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const unsigned first = octet(text[0]);
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  const auto [low, high] = second_octet(first);
  if (octet(text[1]) < low || octet(text[1]) > high) return 0;
  const bool whole =
      std::all_of(text.begin() + 2, text.begin() + static_cast<long>(length), is_continuation);
  return whole ? length : 0;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '\n': out += "\\n"; return;
    case '\t': out += "\\t"; return;
    case '\\': out += "\\\\"; return;
    default:
      out += "\\x";
      out += kHex[octet(c) >> 4];
      out += kHex[octet(c) & 15];
  }
}

std::optional<int> hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return std::nullopt;
}

// Takes "xHH" after a backslash.
std::optional<char> take_hex(std::string_view& text) {
  if (text.size() < 3) return std::nullopt;
  const auto high = hex_value(text[1]);
  const auto low = hex_value(text[2]);
  if (!high || !low) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<char>(*high * 16 + *low);
}

// Takes what follows a backslash.
std::optional<char> take_escape(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  if (text[0] == 'x') return take_hex(text);
  const char c = text[0];
  text.remove_prefix(1);
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case '\\': return '\\';
    default: return std::nullopt;
  }
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  return lower;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), equal_lower);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_edge(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_edge(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  if (digits.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (number > (kMax - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
  }
  return number;
}

std::string to_hex(std::string_view octets) {
  std::string hex;
  hex.reserve(octets.size() * 2);
  for (const char c : octets) {
    hex += kHex[octet(c) >> 4];
    hex += kHex[octet(c) & 15];
  }
  return hex;
}

std::string calendar_time(Time time, int utc_offset) {
  const auto local = std::chrono::floor<Seconds>(time) + Seconds(utc_offset);
  const auto midnight = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day day(midnight);
  const std::chrono::hh_mm_ss clock(local - midnight);
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d",
                static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                static_cast<unsigned>(day.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string iso_time(Time time) {
  const auto milliseconds = (time - std::chrono::floor<Seconds>(time)).count();
  std::string text = calendar_time(time, 0);
  text[10] = 'T';
  const std::string fraction = std::to_string(milliseconds);
  return text + "." + std::string(3 - fraction.size(), '0') + fraction + "Z";
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto as_it_stands = [](char c) { return octet(c) < 128 && !is_control(c) && c != '\\'; };
  for (;;) {
    const auto end = std::find_if_not(text.begin(), text.end(), as_it_stands);
    out.append(text.begin(), end);
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    if (text.empty()) return out;
    const std::size_t length = octet(text[0]) >= 128 ? utf8_length(text) : 0;
    if (length == 0) append_escape(out, text[0]);
    out.append(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    char c = text[0];
    text.remove_prefix(1);
    if (c == '\\') {
      const auto taken = take_escape(text);
      if (!taken) return std::nullopt;
      c = *taken;
    }
    out += c;
  }
  return out;
}

std::string format_seconds(std::uint64_t seconds) {
  struct Unit {
    std::uint64_t seconds;
    char letter;
  };
  constexpr Unit kUnits[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
  std::string out;
  for (const Unit& unit : kUnits) {
    if (seconds >= unit.seconds) out += std::to_string(seconds / unit.seconds) + unit.letter;
    seconds %= unit.seconds;
  }
  return out.empty() ? "0s" : out;
}

}  // namespace mailchute
