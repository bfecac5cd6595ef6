// SPDX-License-Identifier: GPL-3.0-or-later
// Whose each message in cur/ is, and what that means for it: how much of the queue its submitter
// has, and how fast his mail goes. A submitter is the uid that the kernel knows as the owner of the
// file, or at the other end of the socket. Without limits all may have and send as much as they
// like.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "config/settings.h"
#include "relay/allowance.h"
#include "relay/message_id.h"

namespace mailchute::relay {

// Whom a part of storms concerns. Of all of them root is only one where he is named: his mail is
// the machine's own.
class Concerned {
 public:
  using Lookup = std::function<std::optional<std::uint32_t>(const std::string& name)>;
  // `unknown` gets the names that are nobody's.
  Concerned(const config::Users& users, const Lookup& uid_of, std::vector<std::string>& unknown);
  bool has(std::uint32_t uid) const { return all_ ? uid != 0 : uids_.count(uid) != 0; }
  bool nobody() const { return !all_ && uids_.empty(); }

 private:
  bool all_;
  std::set<std::uint32_t> uids_;
};

class Submitters {
 public:
  // What the daemon writes itself (`daemon`) has no limits.
  Submitters(const config::Storms& settings, Concerned limited, std::uint32_t daemon);

  // A message is in cur/; known ones stay whose they are. Who is not told of is the daemon.
  void came(const std::string& id, std::uint32_t owner, std::uint64_t octets);
  void gone(const std::string& id);
  std::uint32_t owner(const MessageId& id) const;

  // Kind `full`, with the setting: with a message of so many octets more he would have more of the
  // queue than his share. Whoever has nothing there may always have one message.
  Result<> room_for(std::uint32_t owner, std::uint64_t octets = 0) const;

  // How many of his messages may begin now, and since when or when the next may.
  std::size_t may_begin(std::uint32_t owner, Instant now) const;
  Instant next(std::uint32_t owner) const;
  void begun(const std::string& id, Instant now);

 private:
  struct Message {
    std::uint32_t owner;
    std::uint64_t octets;
  };
  struct Share {
    std::uint64_t messages = 0;
    std::uint64_t octets = 0;
  };
  bool limited(std::uint32_t owner) const { return owner != daemon_ && limited_.has(owner); }

  const config::Storms settings_;
  Concerned limited_;
  std::uint32_t daemon_;
  ByMessage<Message> messages_;
  std::map<std::uint32_t, Share> shares_;
  std::map<std::uint32_t, Allowance> allowances_;  // of everybody limited who has sent something
};

}  // namespace mailchute::relay
