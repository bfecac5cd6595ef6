// SPDX-License-Identifier: GPL-3.0-or-later
// Header fields of addresses (RFC 5322, 3.6.2 and 3.6.3) as mailchute writes and changes them: in
// lines of 78 octets where they can be that short and never of more than 998 (2.1.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address_list.h"
#include "mail/header.h"

namespace mailchute::mail {

// A longer address cannot stand in a line, whatever is around it.
inline constexpr std::size_t kMaxAddressInField = 900;

struct NamedAddress {
  std::string name;     // as format_display_name() has it; may be empty
  std::string address;  // of kMaxAddressInField octets at most
};

// "Name: someone <a@b>,\n b@c\n"
std::string address_field(std::string_view name, const std::vector<NamedAddress>& addresses);

// The field with the domain for every address that is chosen; nothing when none is, or when lines
// cannot hold it.
std::optional<std::string> readdressed(const Field& field, std::string_view domain,
                                       const Choice& chosen);

}  // namespace mailchute::mail
