// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/spelling.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "base/text.h"

namespace mailchute::config {
namespace {

constexpr std::size_t kLongest = 48;  // longer than any setting's name

char folded(char c) { return c == '-' ? '_' : ascii_lower(c); }

// How many letters must be added, removed, changed or swapped with a neighbour. Both at most
// kLongest characters.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, kLongest + 1>, kLongest + 1> cost{};
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  const auto same = [&](std::size_t i, std::size_t j) { return folded(a[i]) == folded(b[j]); };
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = cost[i - 1][j - 1] + (same(i - 1, j - 1) ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, changed});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1))
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  if (word.size() > kLongest) return best;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    const std::size_t d = distance(word, candidate);
    const std::size_t longer = std::max(word.size(), candidate.size());
    if (d < least && d <= std::max<std::size_t>(1, longer / 3)) {
      best = candidate;
      least = d;
    }
  }
  return best;
}

}  // namespace mailchute::config
