// SPDX-License-Identifier: GPL-3.0-or-later
// Queue ids as keys. There may be 100,000 messages waiting, and several tables that know something
// of each: here an id needs no storage of its own, and is found without a walk through a tree.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <string>
#include <string_view>
#include <unordered_map>

#include "queue/queue_id.h"

namespace mailchute::relay {

class MessageId {
 public:
  MessageId() = default;
  // What is longer than a queue id is none, and equals none.
  template <std::convertible_to<std::string_view> Text>
  MessageId(const Text& text) {
    const std::string_view id = text;
    if (id.size() <= octets_.size()) std::copy(id.begin(), id.end(), octets_.begin());
    else octets_.fill('\xff');
  }

  std::string text() const {
    return {octets_.begin(), std::find(octets_.begin(), octets_.end(), '\0')};
  }

  auto operator<=>(const MessageId&) const = default;

  struct Hash {
    std::size_t operator()(const MessageId& id) const noexcept {
      return std::hash<std::string_view>()({id.octets_.data(), id.octets_.size()});
    }
  };

 private:
  std::array<char, queue::kQueueIdLength> octets_{};
};

template <class Known>
using ByMessage = std::unordered_map<MessageId, Known, MessageId::Hash>;

}  // namespace mailchute::relay
