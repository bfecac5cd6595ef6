// SPDX-License-Identifier: GPL-3.0-or-later
// Who a uid is. Costs a look into the user database, possibly over a network: ask only if the
// answer matters.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace mailchute::sys {

struct Account {
  std::string login;
  std::string gecos;  // as it stands in the database
};

// A uid without an entry is called by its number, "1234".
Account account_of(uid_t uid);

// Nothing when there is no such login.
std::optional<uid_t> uid_of(const std::string& login);

}  // namespace mailchute::sys
