// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/casualties.h"

#include <algorithm>

namespace mailchute::mailchuted {

std::vector<std::string> Casualties::died(const relay::Board& board, Instant now) {
  left_behind(board);
  std::vector<std::string> ids;
  for (const auto& message : board.in_hand()) ids.push_back(message.id);
  if (const std::string current = board.current(); !current.empty()) ids = {current};
  if (ids.size() == 1) blame(ids.front(), now);
  return ids;
}

void Casualties::left_behind(const relay::Board& board) {
  for (const auto& message : board.in_hand()) {
    if (message.sent) left_.possibly_delivered.insert(message.id);
  }
}

void Casualties::blame(const std::string& id, Instant now) {
  std::erase_if(deaths_, [&](const Death& death) { return now - death.when > kWithin; });
  deaths_.push_back({now, id});
  const auto times = std::count_if(deaths_.begin(), deaths_.end(),
                                   [&](const Death& death) { return death.id == id; });
  if (times >= kTooMany) left_.deadly[id] = static_cast<unsigned>(times);
}

void Casualties::told() {
  std::erase_if(deaths_, [&](const Death& death) { return left_.deadly.count(death.id) != 0; });
  left_ = {};
}

}  // namespace mailchute::mailchuted
