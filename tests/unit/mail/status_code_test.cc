// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/status_code.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

TEST(StatusCode, IsTakenFromTheFront) {
  std::string_view text = "5.1.1 who?";
  EXPECT_EQ(take_status_code(text), (StatusCode{5, 1, 1}));
  EXPECT_EQ(text, " who?");
  text = "4.123.999";
  EXPECT_EQ(take_status_code(text), (StatusCode{4, 123, 999}));
  EXPECT_EQ(text, "");
}

TEST(StatusCode, WhatIsNoneIsLeftAlone) {
  for (const std::string_view bad : {"", "5", "5.", "5.1", "5.1.", "5.1.1x", "5.1.1.1", "3.1.1",
                                     "55.1.1", "5.1234.1", "5.1.1234", " 5.1.1", "5..1", "a.b.c"}) {
    std::string_view text = bad;
    EXPECT_FALSE(take_status_code(text)) << bad;
    EXPECT_EQ(text, bad);
  }
}

TEST(StatusCode, TextIsWhatWasTaken) { EXPECT_EQ((StatusCode{2, 0, 17}).text(), "2.0.17"); }

}  // namespace
}  // namespace mailchute::mail
