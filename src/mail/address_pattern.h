// SPDX-License-Identifier: GPL-3.0-or-later
// Which addresses are meant by "*@example.com" or "bounces+*@example.org": "*" stands for any
// octets, also none; the domain's case does not matter.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "mail/address.h"

namespace mailchute::mail {

class AddressPattern {
 public:
  // An error of kind data says in a few words what is wrong: it "has ...".
  static Result<AddressPattern> parse(std::string_view text);

  bool matches(const Address& address) const;

 private:
  std::string local_part_;
  std::string domain_;  // in lower case
};

}  // namespace mailchute::mail
