// SPDX-License-Identifier: GPL-3.0-or-later
// What SMTP carries beside the message: reverse-path, forward-paths and their parameters
// (RFC 5321 2.3.1, RFC 3461, RFC 6152, RFC 3030). Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace mailchute::mail {

enum class BodyType { unspecified, seven_bit, eight_bit_mime, binary_mime };

// RFC 3461, 4.1: what the sender wants to hear of. All false is "not said".
struct Notify {
  bool never = false;
  bool success = false;
  bool failure = false;
  bool delay = false;
  bool operator==(const Notify&) const = default;
};

enum class Return { unspecified, full, headers };  // RFC 3461, 4.3

struct Recipient {
  std::string address;   // forward-path without angle brackets: local-part@domain
  std::string original;  // ORCPT as "rfc822;..." in xtext, empty: not said
  Notify notify;
  // Why `address`, as written, cannot be one: nothing is sent there, the sender is told. Empty: it
  // can.
  std::string defect{};
  bool expanded = false;  // found by way of aliases(5), and not looked up there again
  bool operator==(const Recipient&) const = default;
};

// The kernel's overflow uid, which stands for users that it cannot name: nobody is called by it.
inline constexpr std::uint32_t kUnknownUid = 65534;

struct Envelope {
  std::string reverse_path;  // without angle brackets; empty is the null reverse-path
  std::vector<Recipient> recipients;
  BodyType body = BodyType::unspecified;
  Return ret = Return::unspecified;
  std::string envelope_id;          // ENVID in xtext, empty: not said
  std::uint32_t uid = 0;            // who submitted, as the front end says
  Time time{};                      // when, as the front end says
  bool wait_for_queue_run = false;  // -odq: no attempt before the next queue run
  bool operator==(const Envelope&) const = default;
};

}  // namespace mailchute::mail
