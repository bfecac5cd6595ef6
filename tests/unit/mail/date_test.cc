// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/date.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

struct Case {
  long long seconds;
  int utc_offset;
  std::string_view text;
};

TEST(Date, IsThatOfRfc5322InTheGivenZone) {
  for (const Case& c : {
           Case{0, 0, "Thu, 1 Jan 1970 00:00:00 +0000"},
           Case{1795385822, 3600, "Sun, 22 Nov 2026 23:17:02 +0100"},
           Case{1795385822, -12600, "Sun, 22 Nov 2026 18:47:02 -0330"},
           Case{1709164800, 0, "Thu, 29 Feb 2024 00:00:00 +0000"},
           Case{1709164799, 20700, "Thu, 29 Feb 2024 05:44:59 +0545"},
           Case{-1, 0, "Wed, 31 Dec 1969 23:59:59 +0000"},
           Case{253402300799, 0, "Fri, 31 Dec 9999 23:59:59 +0000"},
           Case{1795385822, 3630, "Sun, 22 Nov 2026 23:17:02 +0100"},
       }) {
    EXPECT_EQ(format_date(Time(Seconds(c.seconds)), c.utc_offset), c.text);
  }
}

TEST(Date, FractionsOfASecondAreLeftOut) {
  EXPECT_EQ(format_date(Time(Milliseconds(1999)), 0), "Thu, 1 Jan 1970 00:00:01 +0000");
}

TEST(Date, CompactFormIsInUtc) {
  EXPECT_EQ(format_compact_date(Time(Seconds(1795385822))), "20261122221702");
}

}  // namespace
}  // namespace mailchute::mail
