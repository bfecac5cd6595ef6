// SPDX-License-Identifier: GPL-3.0-or-later
// The messages that are in a transaction, and by which connection to which smart host. There are
// few: one for each connection, or as many as its window.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "relay/outgoing.h"
#include "relay/schedule.h"
#include "smtp/transaction.h"

namespace mailchute::relay {

class Conversation;

class InFlight {
 public:
  struct Sent {
    Outgoing message;
    std::size_t host;
    const Conversation* conversation;
    Care care;
    bool probe;  // begun while the smart host was on probation
  };

  smtp::Transaction begin(Sent sent) {
    const smtp::TransactionId id = ++last_id_;
    return sent_.emplace(id, std::move(sent)).first->second.message.transaction(id);
  }
  Sent end(smtp::TransactionId id) { return std::move(sent_.extract(id).mapped()); }
  const Outgoing& message(smtp::TransactionId id) const { return sent_.at(id).message; }

  std::size_t size() const { return sent_.size(); }
  bool has(const std::string& id) const {
    return any([&](const Sent& sent) { return sent.message.entry.id() == id; });
  }
  // One that needs care; one that tries a smart host in doubt.
  bool careful(std::size_t host) const {
    return any([=](const Sent& sent) { return sent.host == host && sent.care == Care::needed; });
  }
  bool careful(const Conversation& conversation) const {
    return any([&](const Sent& sent) {
      return sent.conversation == &conversation && sent.care == Care::needed;
    });
  }
  bool probe(std::size_t host) const {
    return any([=](const Sent& sent) { return sent.host == host && sent.probe; });
  }

 private:
  template <class Is>
  bool any(Is is) const {
    return std::any_of(sent_.begin(), sent_.end(), [&](const auto& one) { return is(one.second); });
  }

  std::map<smtp::TransactionId, Sent> sent_;
  smtp::TransactionId last_id_ = 0;
};

}  // namespace mailchute::relay
