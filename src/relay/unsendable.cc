// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/unsendable.h"

namespace mailchute::relay {
namespace {

constexpr std::string_view kStart = "not sent: ";

}  // namespace

std::string unsendable_reply(const Unsendable& why) {
  return std::string(kStart) + why.status + " " + why.reason;
}

std::optional<Unsendable> parse_unsendable(std::string_view reply) {
  if (!reply.starts_with(kStart)) return std::nullopt;
  reply.remove_prefix(kStart.size());
  const std::size_t blank = reply.find(' ');
  if (blank == reply.npos) return std::nullopt;
  return Unsendable{std::string(reply.substr(0, blank)), std::string(reply.substr(blank + 1))};
}

}  // namespace mailchute::relay
