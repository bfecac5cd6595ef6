// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/submitters.h"

#include <limits>
#include <utility>

namespace mailchute::relay {
namespace {

tl::unexpected<Error> too_much(std::uint32_t owner, const std::string& what,
                               const std::string& setting) {
  return failure(Error::Kind::full, "uid " + std::to_string(owner) + " has " + what +
                                        " in the queue, which is as much as one user may have (" +
                                        setting + " in mailchute.conf); come back later");
}

}  // namespace

Concerned::Concerned(const config::Users& users, const Lookup& uid_of,
                     std::vector<std::string>& unknown)
    : all_(users.all) {
  for (const std::string& name : users.names) {
    if (const auto uid = uid_of(name)) uids_.insert(*uid);
    else unknown.push_back(name);
  }
}

Submitters::Submitters(const config::Storms& settings, Concerned limited, std::uint32_t daemon)
    : settings_(settings), limited_(std::move(limited)), daemon_(daemon) {}

void Submitters::came(const std::string& id, std::uint32_t owner, std::uint64_t octets) {
  if (!messages_.try_emplace(id, Message{owner, octets}).second) return;
  Share& share = shares_[owner];
  ++share.messages;
  share.octets += octets;
}

void Submitters::gone(const std::string& id) {
  const auto found = messages_.find(id);
  if (found == messages_.end()) return;
  const auto share = shares_.find(found->second.owner);
  share->second.octets -= found->second.octets;
  if (--share->second.messages == 0) shares_.erase(share);
  messages_.erase(found);
}

std::uint32_t Submitters::owner(const MessageId& id) const {
  const auto found = messages_.find(id);
  return found == messages_.end() ? daemon_ : found->second.owner;
}

Result<> Submitters::room_for(std::uint32_t owner, std::uint64_t octets) const {
  const auto found = shares_.find(owner);
  if (!limited(owner) || found == shares_.end()) return {};
  const Share& share = found->second;
  if (share.messages >= settings_.messages_in_queue) {
    return too_much(owner, std::to_string(share.messages) + " messages",
                    "storms.messages_in_queue");
  }
  if (settings_.size_in_queue != 0 && share.octets + octets > settings_.size_in_queue) {
    return too_much(owner, std::to_string(share.octets) + " octets", "storms.size_in_queue");
  }
  return {};
}

std::size_t Submitters::may_begin(std::uint32_t owner, Instant now) const {
  if (!limited(owner)) return std::numeric_limits<std::size_t>::max();
  const auto found = allowances_.find(owner);
  return found == allowances_.end() ? settings_.messages_per_minute : found->second.left(now);
}

Instant Submitters::next(std::uint32_t owner) const {
  const auto found = allowances_.find(owner);
  return found == allowances_.end() ? Instant::min() : found->second.next();
}

void Submitters::begun(const std::string& id, Instant now) {
  const std::uint32_t who = owner(id);
  if (limited(who))
    allowances_.try_emplace(who, settings_.messages_per_minute).first->second.spend(now);
}

}  // namespace mailchute::relay
