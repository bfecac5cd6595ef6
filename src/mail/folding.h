// SPDX-License-Identifier: GPL-3.0-or-later
// Header fields that are our own words (RFC 5322, 2.2.3): in lines of 78 octets where words allow
// it and never of more than 998 (2.1.1).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mailchute::mail {

inline constexpr std::size_t kMaxLine = 998;  // RFC 5322, 2.1.1, without line end

// Printable US-ASCII as it is; everything else, and the backslash, as escaped() has it: \n, \xHH.
std::string ascii_escaped(std::string_view text);

bool is_printable_ascii(std::string_view text);

// "Name: text\n", US-ASCII: control characters and octets above 127 become blanks, runs of blanks
// one blank; a word longer than a line is cut.
std::string folded_field(std::string_view name, std::string_view text);

// A field as somebody else wrote it, "Name: text\n", fit to be sent as our own: no CR, no line of
// blanks only, and what is longer than 998 octets broken at blanks or behind commas, where it means
// the same. Nothing where it cannot be broken.
std::optional<std::string> refolded(std::string_view field);

}  // namespace mailchute::mail
