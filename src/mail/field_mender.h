// SPDX-License-Identifier: GPL-3.0-or-later
// A header field as it may travel: without octets above 127, which RFC 5322 does not know, and in
// lines of at most 998 octets where there is a blank to fold at. Text and display names become
// encoded words (RFC 2047), parameters of MIME fields get the form of RFC 2231, domains become
// A-labels (RFC 5890). What that has no form for: addresses in other letters before the '@' need
// SMTPUTF8 (RFC 6531), or are named by a group without members (RFC 6857, 3.1.8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailchute::mail {

// Nothing when it is no domain name.
using DomainToAscii = std::optional<std::string> (*)(std::string_view domain);

struct FieldTarget {
  enum class Ascii {
    none,         // octets above 127 stay
    what_can_be,  // without losing anything
    all,          // message ids and the like too: a question mark stands for what they may not hold
  };
  Ascii ascii = Ascii::none;
  bool utf8_addresses = false;  // they may stay
  DomainToAscii to_ascii = nullptr;
};

bool has_eight_bit(std::string_view text);
std::string without_eight_bit(std::string_view text);  // a question mark for each octet

// False: mended_field() has nothing to do.
bool needs_mending(std::string_view raw, const FieldTarget& target);

struct MendedField {
  std::string text;
  bool utf8_remains = false;  // in addresses
};
// `raw` is a whole field with its line end.
MendedField mended_field(std::string_view raw, const FieldTarget& target);

}  // namespace mailchute::mail
