// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/gathering.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

using What = Gathering::Answer::What;

constexpr Seconds kWithin{600};
constexpr Instant at(long seconds) { return Instant(Seconds(seconds)); }
constexpr Time day(long seconds) { return Time(Seconds(1'790'000'000 + seconds)); }

// The nth message that is alike, which arrives at that second.
Alert alert(int n, long arrival, const std::string& likeness = "a") {
  return {likeness + std::to_string(n), likeness, day(arrival)};
}

TEST(Gathering, HoldsBackWhatIsMoreThanTheThreshold) {
  Gathering gathering(3, kWithin);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gathering.ask(alert(i, i), at(i)).what, What::send);
  const auto fourth = gathering.ask(alert(3, 3), at(3));
  EXPECT_EQ(fourth.what, What::wait);
  EXPECT_EQ(fourth.until, at(3) + kWithin);
  EXPECT_EQ(gathering.ask(alert(4, 100), at(100)).until, at(3) + kWithin) << "all wait for the same digest";
  EXPECT_EQ(gathering.ask(alert(0, 100, "b"), at(100)).what, What::send) << "not alike";
  EXPECT_TRUE(gathering.holds("a4"));
  EXPECT_FALSE(gathering.holds("a0"));
}

TEST(Gathering, WhatIsDueGoesWithItsCompanyOldestFirst) {
  Gathering gathering(1, kWithin);
  gathering.ask(alert(0, 0), at(0));
  for (int i : {3, 1, 2}) EXPECT_EQ(gathering.ask(alert(i, i), at(1)).what, What::wait);
  EXPECT_EQ(gathering.ask(alert(2, 2), at(600)).what, What::wait);
  EXPECT_EQ(gathering.ask(alert(2, 2), at(601)).what, What::digest);
  std::string ids;
  for (const Alert& other : gathering.company("a2")) ids += other.id;
  EXPECT_EQ(ids, "a1a2a3");
}

TEST(Gathering, AStormThatGoesOnIsGatheredOnceAnInterval) {
  Gathering gathering(10, kWithin);
  int alone = 0;
  int digests = 0;
  std::set<std::string> waiting;
  for (int i = 0; i < 86'400; i += 5) {  // a day of an alert each five seconds
    const auto now = at(i);
    const Alert next = alert(i, i);
    const auto answer = gathering.ask(next, now);
    alone += answer.what == What::send;
    if (answer.what == What::digest) {
      ++digests;
      for (const Alert& other : gathering.company(next.id)) gathering.gathered(other.id);
    }
  }
  EXPECT_EQ(alone, 10);
  EXPECT_EQ(digests, (86'400 - 50) / 605);
}

// The smart host has no time for any message: no attempt counts.
TEST(Gathering, AMessageCountsOnceHoweverOftenItIsTried) {
  Gathering gathering(3, kWithin);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(gathering.ask(alert(i % 3, i % 3), at(i)).what, What::send) << i;
  EXPECT_EQ(gathering.ask(alert(3, 100), at(100)).what, What::wait);
  EXPECT_EQ(gathering.ask(alert(0, 0), at(100)).what, What::send) << "it was free to go";
}

TEST(Gathering, WhatComesSeldomGoesAlone) {
  Gathering gathering(10, kWithin);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(gathering.ask(alert(i, 61L * i), at(61L * i)).what, What::send);
}

TEST(Gathering, WhatHasWaitedForASmartHostIsCountedAsItCame) {
  Gathering gathering(3, kWithin);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(gathering.ask(alert(i, 3600L * i), at(1)).what, What::send);
}

TEST(Gathering, AfterAStormItIsOverAgain) {
  Gathering gathering(2, kWithin);
  for (int i = 0; i < 5; ++i) gathering.ask(alert(i, i), at(i));
  for (int i = 2; i < 5; ++i) gathering.gathered("a" + std::to_string(i));
  EXPECT_EQ(gathering.ask(alert(6, 700), at(700)).what, What::send);
}

TEST(Gathering, WhatSomebodyWantsNowGoesAlone) {
  Gathering gathering(1, kWithin);
  for (int i = 0; i < 4; ++i) gathering.ask(alert(i, i), at(0));
  gathering.send_alone("a1");
  EXPECT_EQ(gathering.ask(alert(1, 1), at(1)).what, What::send);
  EXPECT_EQ(gathering.ask(alert(2, 2), at(1)).what, What::wait);
  EXPECT_EQ(gathering.send_all_alone(), 2U);
  EXPECT_EQ(gathering.ask(alert(2, 2), at(1)).what, What::send);
  gathering.gone("a2");
  EXPECT_EQ(gathering.ask(alert(2, 2), at(1)).what, What::wait) << "another one of that name";
}

TEST(Gathering, GoesOnWhereAnotherHasForgotten) {
  Gathering gathering(10, kWithin);
  gathering.restore(alert(7, 7), at(50));
  gathering.restore(alert(8, 8), at(40));
  EXPECT_EQ(gathering.ask(alert(9, 9), at(30)).until, at(40)) << "where some wait, one more waits with them";
  EXPECT_EQ(gathering.ask(alert(7, 7), at(40)).what, What::digest);
  EXPECT_EQ(gathering.company("a7").size(), 3U);
}

TEST(Gathering, AFloodOfDifferentMessagesTakesBoundedMemoryAndGoesAlone) {
  Gathering gathering(2, kWithin);
  for (int i = 0; i < 50'000; ++i) {
    EXPECT_EQ(gathering.ask(alert(0, i / 100, "x" + std::to_string(i) + "-"), at(1)).what, What::send);
  }
}

}  // namespace
}  // namespace mailchute::relay
