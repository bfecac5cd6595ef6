// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/identity.h"

#include <gtest/gtest.h>

namespace mailchute::sys {
namespace {

TEST(Identity, RootHasAName) { EXPECT_EQ(account_of(0).login, "root"); }

TEST(Identity, UnknownUidIsCalledByItsNumber) {
  const Account account = account_of(3999999999);
  EXPECT_EQ(account.login, "3999999999");
  EXPECT_EQ(account.gecos, "");
}

}  // namespace
}  // namespace mailchute::sys
