// SPDX-License-Identifier: GPL-3.0-or-later
// Reverse-paths and forward-paths as MAIL and RCPT carry them (RFC 5321, 4.1.2; RFC 6531, 3.3).
// As generous as servers are: the angle brackets may be missing, a source route is dropped, a
// local-part may stand alone ("root") and have its dots anywhere (it comes out quoted, then). What
// is taken passes mail::check(), and is UTF-8 where it is not ASCII.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailchute::smtp {

struct Path {
  std::string mailbox;  // without angle brackets and route; empty: the null path "<>"
  bool ascii = true;
};

// Takes a path from the front, up to a space or the end; leaves `text` alone when there is none.
std::optional<Path> take_path(std::string_view& text);

}  // namespace mailchute::smtp
