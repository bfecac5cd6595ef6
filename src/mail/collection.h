// SPDX-License-Identifier: GPL-3.0-or-later
// Many messages that are alike as one: plain words and a list, then every one of them as it was
// (multipart/digest, RFC 2046, 5.1.5). The messages themselves are not in memory: what comes before
// each of them and behind the last is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mailchute::mail {

struct Collection {
  static constexpr std::size_t kMaxSubject = 200;
  struct Message {
    std::string id;  // in the queue
    Time arrival{};
    std::uint64_t octets = 0;
    std::string subject;  // as people read it, of at most kMaxSubject characters
  };
  std::string id;  // of the whole in the queue
  std::string hostname;
  std::string user;    // who sent them: "www-data", "uid 1234"
  unsigned above = 0;  // how many that are alike go alone
  Seconds within{};
  Time now{};
  int utc_offset = 0;               // seconds
  bool eight_bit = false;           // some message has octets above 127
  std::string header;               // the first message's, or more of it
  std::vector<Message> messages{};  // at least one
};

// All before the first message; before each one, also the first; behind the last.
std::string collection_head(const Collection& collection);
std::string collection_part(const Collection& collection);
std::string collection_tail(const Collection& collection);

// The subject as people read it, in one line; where it cannot be read, as it stands there.
std::string plain_subject(std::string_view header);

}  // namespace mailchute::mail
