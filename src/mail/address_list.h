// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of addresses as people and programs write them (RFC 5322, 3.4, and the obsolete forms of
// 4.4): groups, routes, comments, quoted strings, folded and encoded words. Reading never fails as
// a whole: what cannot be an address is reported beside the ones that can.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"

namespace mailchute::mail {

// With offsets in the list.
struct ListedAddress {
  Address address;           // passes check(); may be bare
  std::size_t domain_begin;  // of "@domain", or where that would follow a bare name
  std::size_t domain_end;
  std::size_t begin = 0, end = 0;  // the address with its name and comments
};

struct BadAddress {
  std::string text;  // as written, at most kMaxAddress octets of it; not safe to print
  std::string reason;
};

struct AddressList {
  std::vector<ListedAddress> addresses;
  std::vector<BadAddress> bad;
};

AddressList parse_address_list(std::string_view text);

// The only address in it; anything else is an error of kind data.
Result<Address> parse_address(std::string_view text);

// The same text with the domain for every address that is chosen, every other octet as it was;
// nothing when none is.
using Choice = std::function<bool(const Address&)>;
std::optional<std::string> with_domain(std::string_view text, std::string_view domain,
                                       const Choice& chosen);

// What a caller gives as the sender: "" and "<>" are the null reverse-path, a bare name is
// qualified, a display name is left out. Not exactly one address is an error of kind data.
Result<std::string> parse_reverse_path(std::string_view text, std::string_view domain);

}  // namespace mailchute::mail
