// SPDX-License-Identifier: GPL-3.0-or-later
// A mailbox as SMTP carries it (RFC 5321, 4.1.2; octets above 127 as RFC 6531, 3.3, allows): taken
// apart, checked, quoted where it must be. What passes check() holds no control character, so that
// no address can smuggle a line into a command or a header.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace mailchute::mail {

// RFC 5321, 4.5.3.1.3 has 256 octets for a path; longer ones (VERP, gateways) exist.
inline constexpr std::size_t kMaxAddress = 1024;

struct Address {
  std::string local_part;  // without quotes and escapes
  std::string domain;      // empty: a bare name such as "root"

  bool bare() const { return domain.empty(); }
  // local-part@domain, the local-part quoted where it is no dot-string; without "@" when bare.
  std::string text() const;
  bool operator==(const Address&) const = default;
};

// An error of kind data says in a few words why this cannot be an address.
Result<> check(const Address& address);

// Bare names get the domain.
Address qualified(Address address, std::string_view domain);

// A bare name, or at localhost or at this machine: nobody else can tell which mailbox it is.
bool is_local(const Address& address, std::string_view hostname);

// Two addresses with the same key are one mailbox: the domain's case does not matter.
std::string mailbox_key(const Address& address);

// RFC 5322, 3.2.3, octets above 127 included.
bool is_atext(char c);

// `text` as a quoted-string (RFC 5322, 3.2.4). Control characters become blanks.
std::string quoted(std::string_view text);

}  // namespace mailchute::mail
