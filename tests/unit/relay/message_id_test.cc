// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/message_id.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

TEST(MessageId, GivesBackTheText) {
  for (const std::string text : {"", "a", "01ARZ3NDEKTSV4RRFFQ69G5FAV"}) EXPECT_EQ(MessageId(text).text(), text);
}

TEST(MessageId, IsInTheOrderOfTheText) {
  EXPECT_LT(MessageId("a"), MessageId("ab"));
  EXPECT_LT(MessageId("ab"), MessageId("b"));
  EXPECT_EQ(MessageId("ab"), MessageId(std::string("ab")));
}

TEST(MessageId, WhatIsTooLongIsNoOther) {
  const std::string id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  ByMessage<int> known{{id, 1}};
  EXPECT_EQ(known.count(id), 1U);
  EXPECT_EQ(known.count(id + "X"), 0U);
  EXPECT_EQ(known.count(id.substr(1)), 0U);
}

}  // namespace
}  // namespace mailchute::relay
