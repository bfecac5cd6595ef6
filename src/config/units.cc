// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/units.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"

namespace mailchute::config {
namespace {

// Keeps sums and products far from overflow; no setting allows as much.
constexpr std::uint64_t kMost = std::uint64_t{1} << 50;

struct Unit {
  char letter;
  std::uint64_t factor;
};

constexpr Unit kSpans[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
constexpr Unit kSizes[] = {{'k', 1 << 10}, {'m', 1 << 20}, {'g', 1 << 30}};

// Takes a number and its unit, if it has one, from the front.
template <std::size_t N>
std::optional<std::uint64_t> take(std::string_view& text, const Unit (&units)[N]) {
  const auto digits =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  const auto number = parse_number(text.substr(0, digits));
  text.remove_prefix(digits);
  if (!number) return std::nullopt;
  std::uint64_t factor = 1;
  if (!text.empty()) {
    const char letter = ascii_lower(text.front());
    const auto* unit = std::find_if(units, units + N, [&](Unit u) { return u.letter == letter; });
    if (unit == units + N) return std::nullopt;
    factor = unit->factor;
    text.remove_prefix(1);
  }
  if (*number > kMost / factor) return std::nullopt;
  return *number * factor;
}

}  // namespace

std::optional<std::uint64_t> parse_span(std::string_view text) {
  std::uint64_t sum = 0;
  do {
    const auto part = take(text, kSpans);
    if (!part || sum > kMost) return std::nullopt;
    sum += *part;
  } while (!text.empty());
  return sum;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto size = take(text, kSizes);
  return text.empty() ? size : std::nullopt;
}

}  // namespace mailchute::config
