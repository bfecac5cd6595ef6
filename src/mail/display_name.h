// SPDX-License-Identifier: GPL-3.0-or-later
// The name before an address in a header field (RFC 5322, 3.4): words where they are plain, a
// quoted-string otherwise, encoded words (RFC 2047) beyond ASCII. Whatever goes in, the result has
// no line end but folding and no control character.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::mail {

// Empty for a name of nothing but blanks.
std::string format_display_name(std::string_view name);

// The name that stands beside an address - a phrase before it, or a comment, as old programs write
// it -, formatted with `suffix` behind it. Encoded words in unknown charsets stay what they are.
// Empty: there is no name, or none that can be read, or the address once more.
std::string format_name_in(std::string_view mailbox, std::string_view suffix);

// A password file's GECOS field: its first part, "&" replaced by the login name in capitals.
std::string full_name_from_gecos(std::string_view gecos, std::string_view login);

}  // namespace mailchute::mail
