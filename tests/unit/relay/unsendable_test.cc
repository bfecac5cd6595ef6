// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/unsendable.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

TEST(Unsendable, IsKnownFromARepliesOfOthers) {
  const auto why = parse_unsendable(unsendable_reply({"5.6.7", "needs SMTPUTF8"}));
  ASSERT_TRUE(why);
  EXPECT_EQ(why->status, "5.6.7");
  EXPECT_EQ(why->reason, "needs SMTPUTF8");
  for (const auto other : {"550 5.6.7 not sent: no", "", "not sent:", "not sent: 5.6.7"}) {
    EXPECT_FALSE(parse_unsendable(other)) << other;
  }
}

}  // namespace
}  // namespace mailchute::relay
