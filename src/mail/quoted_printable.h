// SPDX-License-Identifier: GPL-3.0-or-later
// Quoted-printable (RFC 2045, 6.7): any text as lines of at most 76 printable octets, which every
// mail server takes.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::mail {

// LF ends a line on both sides; a CR is an octet like others.
std::string quoted_printable(std::string_view text);

// Text that may travel as it is: no octet but printable US-ASCII, tab and LF, no line beyond the
// 998 octets of RFC 5322, 2.1.1.
bool is_seven_bit(std::string_view text);

}  // namespace mailchute::mail
