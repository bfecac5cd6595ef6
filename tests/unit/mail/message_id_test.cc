// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/message_id.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

TEST(MessageId, IsMadeOfTimeWordAndHost) {
  EXPECT_EQ(make_message_id(Time(Seconds(1795385822)), "ABC", "box.example.org"),
            "<20261122221702.ABC@box.example.org>");
}

TEST(MessageId, HostNamesAreMended) {
  EXPECT_EQ(safe_domain("box.example.org"), "box.example.org");
  EXPECT_EQ(safe_domain("my box>\r\nX: y"), "my-box---X--y");
  EXPECT_EQ(safe_domain(".a..b."), "a.b");
  EXPECT_EQ(safe_domain("größe"), "gr----e");
  EXPECT_EQ(safe_domain(""), "localhost");
  EXPECT_EQ(safe_domain(".."), "localhost");
}

}  // namespace
}  // namespace mailchute::mail
