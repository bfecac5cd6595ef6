// SPDX-License-Identifier: GPL-3.0-or-later
// RFC 3461, 4: text as a parameter of an SMTP command. RFC 6533, 3: the same of other letters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mailchute::mail {

bool is_xtext(std::string_view text);
std::string to_xtext(std::string_view text);
// Of UTF-8; U+00E9 becomes \x{E9}, and what comes out is xtext, too.
std::string to_utf8_xtext(std::string_view text);

// What ENVID may be: xtext of printable US-ASCII, 1 to 100 octets (RFC 3461, 4.4). Postfix refuses
// the transaction for another, which looks like trouble with the smart host.
bool is_envelope_id(std::string_view text);

// Of what ORCPT says, with its type (RFC 3461, 4.2).
inline constexpr std::size_t kMaxOriginal = 500;

// What ORCPT says of an address: "rfc822;you@example.net". Empty where that would be too long.
std::string typed_original(std::string_view address);

}  // namespace mailchute::mail
