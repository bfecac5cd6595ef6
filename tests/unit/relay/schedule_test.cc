// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/schedule.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

constexpr Instant at(long seconds) { return Instant(Seconds(seconds)); }
constexpr Time day(long seconds) { return Time(Seconds(seconds)); }

TEST(Schedule, TakesTheOldestThatIsDue) {
  Schedule schedule;
  schedule.add("young", day(20), at(0));
  schedule.add("old", day(10), at(0));
  schedule.add("oldest", day(1), at(100));
  EXPECT_EQ(schedule.take(at(1)), "old");
  EXPECT_EQ(schedule.take(at(1)), "young");
  EXPECT_EQ(schedule.take(at(1)), std::nullopt);
  EXPECT_EQ(schedule.next_due(), at(100));
  EXPECT_EQ(schedule.take(at(100)), "oldest");
}

TEST(Schedule, TakesTheYoungestThatIsDueWhereThatIsAsked) {
  Schedule schedule;
  schedule.add("old", day(10), at(0));
  schedule.add("young", day(20), at(0));
  schedule.add("youngest", day(30), at(100));
  EXPECT_EQ(schedule.take_youngest(at(1)), "young");
  EXPECT_EQ(schedule.take_youngest(at(1)), "old");
  EXPECT_EQ(schedule.take_youngest(at(1)), std::nullopt);
}

TEST(Schedule, ATakenMessageIsKnownButNotTakenTwice) {
  Schedule schedule;
  schedule.add("a", day(1), at(0));
  EXPECT_EQ(schedule.take(at(0)), "a");
  EXPECT_TRUE(schedule.contains("a"));
  EXPECT_EQ(schedule.next_due(), std::nullopt);
  EXPECT_TRUE(schedule.hurry("a", at(0)));
  EXPECT_EQ(schedule.take(at(0)), std::nullopt);
  schedule.add("a", day(1), at(60));
  EXPECT_EQ(schedule.next_due(), at(60));
}

TEST(Schedule, WhatNeedsCareStandsInALineOfItsOwn) {
  Schedule schedule;
  schedule.add("suspect", day(1), at(0), Care::needed);
  EXPECT_EQ(schedule.take(at(0)), std::nullopt);
  EXPECT_EQ(schedule.take_careful(at(0), "suspect"), std::nullopt);
  schedule.add("other", day(2), at(0), Care::needed);
  EXPECT_EQ(schedule.careful_ready(at(0)), 2u);
  EXPECT_EQ(schedule.take_careful(at(0), "suspect"), "other");
  EXPECT_EQ(schedule.take_careful(at(0)), "suspect");
  EXPECT_EQ(schedule.care("suspect"), Care::needed);
  EXPECT_EQ(schedule.care("unknown"), Care::none);
}

TEST(Schedule, ShowsWhatIsFirstInEachLine) {
  Schedule schedule;
  EXPECT_FALSE(schedule.front(at(0)) || schedule.careful_front(at(0)));
  schedule.add("careful", day(1), at(10), Care::needed);
  EXPECT_FALSE(schedule.careful_front(at(0)));
  EXPECT_EQ(schedule.careful_front(at(10)), at(10));
  EXPECT_FALSE(schedule.careful_front(at(10), "careful"));
  schedule.add("young", day(3), at(5));
  schedule.add("old", day(2), at(8));
  EXPECT_EQ(schedule.front(at(20))->arrival, day(2));
  EXPECT_EQ(schedule.front(at(20))->due, at(8));
  EXPECT_EQ(schedule.next_due(), at(8));
}

TEST(Schedule, HurryKeepsTheCare) {
  Schedule schedule;
  schedule.add("a", day(1), at(500), Care::needed);
  EXPECT_EQ(schedule.hurry(at(1)), 1u);
  EXPECT_EQ(schedule.take(at(1)), std::nullopt);
  EXPECT_EQ(schedule.take_careful(at(1)), "a");
}

TEST(Schedule, AddingAgainMovesAMessage) {
  Schedule schedule;
  schedule.add("a", day(1), at(0));
  schedule.add("a", day(1), at(50));
  EXPECT_EQ(schedule.size(), 1u);
  EXPECT_EQ(schedule.take(at(1)), std::nullopt);
  EXPECT_EQ(schedule.take(at(50)), "a");
}

TEST(Schedule, HurryMakesWaitingMessagesDue) {
  Schedule schedule;
  schedule.add("a", day(1), at(500));
  schedule.add("b", day(2), at(600));
  EXPECT_TRUE(schedule.hurry("b", at(1)));
  EXPECT_FALSE(schedule.hurry("c", at(1)));
  EXPECT_EQ(schedule.take(at(1)), "b");
  EXPECT_EQ(schedule.hurry(at(1)), 1u);
  EXPECT_EQ(schedule.take(at(1)), "a");
}

TEST(Schedule, ForgetsWhatIsRemoved) {
  Schedule schedule;
  schedule.add("a", day(3), at(0));
  schedule.add("b", day(2), at(0));
  schedule.remove("b");
  schedule.remove("never there");
  EXPECT_EQ(schedule.size(), 1u);
  EXPECT_EQ(schedule.take(at(0)), "a");
  schedule.remove("a");
  EXPECT_EQ(schedule.size(), 0u);
}

TEST(Schedule, TwentyThousandMessagesComeInOrder) {
  Schedule schedule;
  for (int i = 20000; i > 0; --i) schedule.add("m" + std::to_string(i), day(i), at(0));
  for (int i = 1; i <= 20000; ++i) ASSERT_EQ(schedule.take(at(0)), "m" + std::to_string(i));
}

}  // namespace
}  // namespace mailchute::relay
