// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/relapses.h"

#include <gtest/gtest.h>

namespace mailchute::mailchuted {
namespace {

constexpr long kMinute = 60, kHour = 3600;

class RelapsesTest : public ::testing::Test {
 protected:
  static Steady::time_point at(long seconds) { return Steady::time_point(Seconds(seconds)); }
  static Time wall(long seconds) { return Time(Seconds(1'800'000'000 + seconds)); }
  void dies(long when, bool again = false, const std::string& how = "of signal 11") {
    relapses.died(how, again, at(when), wall(when));
  }
  bool trouble(long when) { return relapses.sign(at(when)).state == Sign::State::trouble; }

  Relapses relapses;
};

TEST_F(RelapsesTest, NobodyHasDied) {
  EXPECT_FALSE(trouble(0));
  EXPECT_FALSE(relapses.over_at());
  EXPECT_FALSE(relapses.began());
}

TEST_F(RelapsesTest, TheThirdDeathWithinAnHourIsTrouble) {
  dies(0);
  dies(20 * kMinute);
  EXPECT_FALSE(trouble(20 * kMinute));
  dies(kHour, false, "of signal 6");
  const Sign sign = relapses.sign(at(kHour));
  EXPECT_EQ(sign.state, Sign::State::trouble);
  EXPECT_EQ(sign.trouble, (Trouble{"", wall(0), "the worker has died 3 times, the last of signal 6; it works in between",
                                   Trouble::Kind::relapses}));
  EXPECT_EQ(relapses.began(), at(0));
}

TEST_F(RelapsesTest, AnHourWithoutADeathEndsIt) {
  for (const long when : {0L, kMinute, 2 * kMinute}) dies(when);
  EXPECT_EQ(relapses.over_at(), at(2 * kMinute + kHour));
  EXPECT_TRUE(trouble(2 * kMinute + kHour - 1));
  EXPECT_FALSE(trouble(2 * kMinute + kHour));
  EXPECT_FALSE(relapses.over_at()) << "there is nothing to wait for";
  dies(2 * kMinute + kHour);
  EXPECT_FALSE(trouble(2 * kMinute + kHour)) << "it begins anew";
  EXPECT_EQ(relapses.began(), at(2 * kMinute + kHour));
}

TEST_F(RelapsesTest, ADeathNowAndThenIsNoTrouble) {
  for (long when = 0; when < 100 * kHour; when += 35 * kMinute) {
    dies(when);
    EXPECT_FALSE(trouble(when)) << when;
  }
}

TEST_F(RelapsesTest, OnceItIsTroubleRarerDeathsKeepItUp) {
  for (const long when : {0L, kMinute, 2 * kMinute}) dies(when);
  for (long when = 50 * kMinute; when < 10 * kHour; when += 50 * kMinute) {
    dies(when);
    EXPECT_TRUE(trouble(when + 49 * kMinute)) << when;
  }
  EXPECT_EQ(relapses.sign(at(10 * kHour)).trouble.since, wall(0));
}

TEST_F(RelapsesTest, WorkersThatDieOneAfterTheOtherCountAsOne) {
  dies(0);
  for (long when = 1; when < 50; ++when) dies(when, true);
  dies(10 * kMinute);
  EXPECT_FALSE(trouble(10 * kMinute));
  dies(20 * kMinute);
  EXPECT_TRUE(relapses.sign(at(20 * kMinute)).trouble.reason.starts_with("the worker has died 52 times"));
  for (long when = 21 * kMinute; when < 2 * kHour; when += kMinute) dies(when, true);
  EXPECT_TRUE(trouble(2 * kHour));
}

}  // namespace
}  // namespace mailchute::mailchuted
