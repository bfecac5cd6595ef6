// SPDX-License-Identifier: GPL-3.0-or-later
#include "secret/secret.h"

#include <gtest/gtest.h>

#include <utility>

namespace mailchute::secret {
namespace {

TEST(Secret, RevealsWhatWentIn) {
  EXPECT_EQ(Secret::from("pass word\xff")->reveal(), "pass word\xff");
  EXPECT_EQ(Secret::from(std::string_view("a\0b", 3))->reveal(), std::string_view("a\0b", 3));
}

TEST(Secret, AnEmptyOneRevealsNothing) {
  EXPECT_TRUE(Secret().empty());
  EXPECT_TRUE(Secret::from("")->empty());
  EXPECT_EQ(Secret::from("")->reveal(), "");
}

TEST(Secret, AfterAMoveOnlyTheNewOwnerHasIt) {
  Secret first = *Secret::from("x");
  const Secret second = std::move(first);
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(second.reveal(), "x");
}

TEST(Wipe, LeavesNothingInTheStringsMemory) {
  std::string text(100, 'p');
  text.resize(20);
  const char* const memory = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), memory);
  text.resize(100, '\0');
  EXPECT_EQ(text, std::string(100, '\0'));
}

}  // namespace
}  // namespace mailchute::secret
