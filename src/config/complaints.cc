// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/complaints.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::config {

void Complaints::add(unsigned line, std::string text) {
  if (!full()) found_.emplace_back(line, std::move(text));
}

std::vector<std::string> Complaints::lines() const {
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> lines;
  lines.reserve(sorted.size());
  for (const auto& [line, text] : sorted)
    lines.push_back(file_ + (line == 0 ? "" : ":" + std::to_string(line)) + ": " + text);
  return lines;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  const bool cut = text.size() > kShown;
  return "'" + escaped(text.substr(0, kShown)) + (cut ? "...'" : "'");
}

}  // namespace mailchute::config
