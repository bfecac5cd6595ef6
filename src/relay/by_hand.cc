// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/by_hand.h"

namespace mailchute::relay {
namespace {

constexpr std::string_view kStart = "bounced by an administrator";
constexpr std::string_view kBetween = ": ";

}  // namespace

std::string reply_by_hand(std::string_view words) {
  std::string reply(kStart);
  if (!words.empty()) reply.append(kBetween).append(words);
  return reply;
}

std::optional<std::string_view> words_by_hand(std::string_view reply) {
  if (!reply.starts_with(kStart)) return std::nullopt;
  reply.remove_prefix(kStart.size());
  if (reply.starts_with(kBetween)) reply.remove_prefix(kBetween.size());
  return reply;
}

}  // namespace mailchute::relay
