// SPDX-License-Identifier: GPL-3.0-or-later
// The trace field of a local submission (RFC 5321, 4.4; RFC 5322, 3.6.7):
//
//   Received: by host.example (mailchute, from uid 1000)
//   	with local id QUEUEID           or "with ESMTP", as the message came (RFC 3848)
//   	for <only@recipient.example>;
//   	Sun, 22 Nov 2026 21:57:51 +0100
//
// Where a client came over TCP it is "Received: from name ([127.0.0.1])", and "by" on a line of its
// own; "(mailchute, from unknown uid)" where nobody can tell who it was.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace mailchute::mail {

inline constexpr std::string_view kLocal = "local";

struct Trace {
  std::string_view hostname;
  std::string_view client{};  // "name ([127.0.0.1])"; empty: none
  std::uint32_t uid = 0;
  std::string_view protocol = kLocal;
  std::string_view queue_id;
  std::string_view only_recipient;  // empty: several, and nobody learns of the others
  Time time{};
  int utc_offset = 0;  // seconds
};

// "uid 1000", "unknown uid"
std::string format_origin(std::uint32_t uid);

// With LF line ends, the last one included.
std::string format_received(const Trace& trace);

}  // namespace mailchute::mail
