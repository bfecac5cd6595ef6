// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/outbox.h"

#include <gtest/gtest.h>

namespace mailchute::net {
namespace {

using Views = std::vector<std::string_view>;

TEST(Outbox, GathersWhatWaits) {
  Outbox box;
  EXPECT_FALSE(box.ready());
  box.add("one", false);
  box.add("two", false);
  EXPECT_EQ(box.unsent(), 6u);
  EXPECT_EQ(box.next(), (Views{"one", "two"}));
  EXPECT_TRUE(box.writing());
  EXPECT_EQ(box.unsent(), 6u);
  box.written();
  EXPECT_FALSE(box.writing());
  EXPECT_FALSE(box.ready());
  EXPECT_EQ(box.unsent(), 0u);
}

TEST(Outbox, KeepsWhatIsBeingWrittenWhereItIs) {
  Outbox box;
  box.add("short", false);
  const Views batch = box.next();
  const char* const before = batch[0].data();
  for (int i = 0; i < 1000; ++i) box.add("more", false);
  EXPECT_EQ(batch[0], "short");
  EXPECT_EQ(batch[0].data(), before);
  box.written();
  EXPECT_EQ(box.next().size(), 1000u);
}

TEST(Outbox, SendsSensitiveOctetsAlone) {
  Outbox box;
  box.add("a", false);
  box.add("secret", true);
  box.add("b", false);
  EXPECT_EQ(box.next(), (Views{"a"}));
  box.written();
  EXPECT_EQ(box.next(), (Views{"secret"}));
  box.written();
  EXPECT_EQ(box.next(), (Views{"b"}));
}

TEST(Outbox, HoldsBackUntilReleased) {
  Outbox box;
  box.add("before", false);
  box.hold();
  box.add("after", false);
  EXPECT_EQ(box.next(), (Views{"before"}));
  box.written();
  EXPECT_FALSE(box.ready());
  EXPECT_EQ(box.unsent(), 5u);
  box.release();
  EXPECT_EQ(box.next(), (Views{"after"}));
}

TEST(Outbox, OverwritesSensitiveOctetsThatAreGivenUpWhileBeingWritten) {
  for (const std::string& secret : {std::string("short"), std::string(1000, 's')}) {
    Outbox box;
    box.add(secret, true);
    const Views batch = box.next();
    box.drop();
    EXPECT_EQ(batch[0], std::string(secret.size(), '\0'));
    EXPECT_EQ(box.unsent(), 0u);
    box.written();
    EXPECT_FALSE(box.writing());
  }
}

TEST(Outbox, TakesNothingMoreAfterTheDrop) {
  Outbox box;
  box.add("a", false);
  box.drop();
  box.add("b", true);
  EXPECT_FALSE(box.ready());
  EXPECT_EQ(box.unsent(), 0u);
}

}  // namespace
}  // namespace mailchute::net
