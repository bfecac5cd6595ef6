// SPDX-License-Identifier: GPL-3.0-or-later
// Reverse-paths and forward-paths as MAIL and RCPT carry them (RFC 5321, 4.1.2; RFC 6531, 3.3).
// As generous as servers are: the angle brackets may be missing, a source route is dropped, a
// local-part may stand alone ("root") and have its dots anywhere. What comes out has no control
// character, and no blank outside of quotes, and is UTF-8 where it is not ASCII.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailchute::smtp {

// RFC 5321, 4.5.3.1.3 asks for 256 octets; longer ones exist (VERP, forwarders).
inline constexpr std::size_t kMaxPath = 1024;

struct Path {
  std::string mailbox;  // without angle brackets and route; empty: the null path "<>"
  bool ascii = true;
};

// Takes a path from the front, up to a space or the end; leaves `text` alone when there is none.
std::optional<Path> take_path(std::string_view& text);

}  // namespace mailchute::smtp
