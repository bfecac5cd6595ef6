// SPDX-License-Identifier: GPL-3.0-or-later
// Header fields of our own (RFC 5322, 2.2.3): whatever the text is, the result is one field of
// US-ASCII in lines of 78 octets where words allow it and never of more than 998.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::mail {

// Printable US-ASCII as it is; everything else, and the backslash, as escaped() has it: \n, \xHH.
std::string ascii_escaped(std::string_view text);

bool is_printable_ascii(std::string_view text);

// "Name: text\n". Control characters and octets above 127 become blanks, runs of blanks one blank;
// a word longer than a line is cut.
std::string folded_field(std::string_view name, std::string_view text);

}  // namespace mailchute::mail
