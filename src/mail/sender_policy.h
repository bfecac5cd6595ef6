// SPDX-License-Identifier: GPL-3.0-or-later
// Who a message is from, as one smart host wants to hear it: the reverse-path, From, Sender and the
// Resent- forms of these come out together, so that none of them is refused for the sake of
// another.
//
//   keep    everything stays as it is
//   domain  this machine's addresses (is_local) get the domain, Reply-To's too; others stay
//   fixed   and what is not excepted becomes the one address that the smart host allows. The name
//           before it still says who it was, and where: "Cron Daemon on web1"; the address it
//           stands for goes to Reply-To, unless there is one. Several authors become one, which
//           needs no Sender (RFC 5322, 3.6.2)
//
// Of Resent- fields the first block is of now, the others are history (RFC 5322, 3.6.6). The null
// reverse-path stays null. What was signed as a part of the body stays valid; a DKIM-Signature of
// the fields that change does not. Doing it twice is doing it once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/address_pattern.h"
#include "mail/header.h"

namespace mailchute::mail {

struct SenderPolicy {
  enum class Kind { keep, domain, fixed };
  Kind kind = Kind::domain;
  Address address{};                         // the one address, where the kind is fixed
  std::vector<AddressPattern> exceptions{};  // these stay
  std::string hostname;
  std::string domain;

  // What an address of the sender becomes.
  Address as_sent(const Address& address) const;
  // The same for a reverse-path, without angle brackets.
  std::string as_sent(std::string_view reverse_path) const;
};

// False when there was nothing to do.
bool apply(const SenderPolicy& policy, std::string_view reverse_path, Header& header);

}  // namespace mailchute::mail
