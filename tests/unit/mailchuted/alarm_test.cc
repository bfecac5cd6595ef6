// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/alarm.h"

#include <gtest/gtest.h>

#include <string>

namespace mailchute::mailchuted {
namespace {

using Lines = std::vector<std::string>;

const std::string kHost = "mail.example.org:587";
const std::string kNames[] = {"broken ", "degraded ", "working "};
constexpr long kMinute = 60, kHour = 3600, kDay = 86400;

Time wall(long seconds) { return Time(Seconds(1'800'000'000 + seconds)); }
Trouble::Kind kind_of(const std::string& host) {
  return host.empty() ? Trouble::Kind::messages : Trouble::Kind::smart_host;
}
Sign trouble(const std::string& host = kHost, long since = 0) {
  return {Sign::State::trouble, {host, wall(since), "refused", kind_of(host)}};
}
Sign well(const std::string& host = kHost) { return {Sign::State::well, {host, {}, {}, kind_of(host)}}; }
Sign unknown(const std::string& host = kHost) { return {Sign::State::unknown, {host, {}, {}}}; }

class AlarmTest : public ::testing::Test {
 protected:
  static Steady::time_point at(long seconds) { return Steady::time_point(Seconds(seconds)); }
  void hear(long when, std::vector<Sign> signs) { alarm.hear({std::move(signs), 0, 0, 0}, at(when)); }
  // What is said, "broken HOST", "degraded HOST" or "working HOST".
  Lines said(long when) {
    Lines lines;
    for (const auto& [event, about] : alarm.announce(rules, at(when)))
      lines.push_back(kNames[static_cast<std::size_t>(event)] + about.smart_host);
    return lines;
  }

  config::Alarm rules{Seconds(30 * kMinute), Seconds(kDay), {}, {}};
  Alarm alarm;
};

TEST_F(AlarmTest, SaysNothingAsLongAsAllIsWell) {
  for (long time = 0; time < 5 * kDay; time += kMinute) {
    hear(time, {well()});
    EXPECT_EQ(said(time), Lines{});
  }
  EXPECT_FALSE(alarm.next(rules));
}

TEST_F(AlarmTest, TroubleThatIsOverInTimeIsNotMentioned) {
  for (long time = 0; time < 5 * kDay; time += kMinute) {
    hear(time, {time % kHour < 29 * kMinute ? trouble() : well()});
    EXPECT_EQ(said(time), Lines{}) << time;
  }
}

TEST_F(AlarmTest, SaysOnceThatMailIsBrokenAndOnceThatItIsNot) {
  Lines all;
  for (long time = 0; time < 12 * kHour; time += kMinute) {
    hear(time, {time < 10 * kHour ? trouble() : well()});
    for (const auto& line : said(time)) all.push_back(std::to_string(time / kMinute) + " " + line);
  }
  EXPECT_EQ(all, (Lines{"30 broken " + kHost, "600 working " + kHost}));
}

TEST_F(AlarmTest, SaysItAgainEveryDay) {
  Lines all;
  for (long time = 0; time < 3 * kDay; time += kMinute) {
    hear(time, {trouble()});
    for (const auto& line : said(time)) all.push_back(std::to_string(time / kHour) + " " + line);
  }
  EXPECT_EQ(all, (Lines{"0 broken " + kHost, "24 broken " + kHost, "48 broken " + kHost}));
}

TEST_F(AlarmTest, TellsWhenToAskNext) {
  hear(0, {trouble()});
  EXPECT_EQ(alarm.next(rules), at(30 * kMinute));
  EXPECT_EQ(said(30 * kMinute - 1), Lines{});
  EXPECT_EQ(said(30 * kMinute), Lines{"broken " + kHost});
  EXPECT_EQ(alarm.next(rules), at(30 * kMinute + kDay));
}

TEST_F(AlarmTest, AWorkerThatHasYetToTryNeitherEndsNorRepeatsIt) {
  hear(0, {trouble()});
  EXPECT_EQ(said(kHour).size(), 1u);
  for (long time = kHour; time < 10 * kHour; time += kMinute) {
    hear(time, {unknown()});
    hear(time + 1, {trouble(kHost, time)});
    EXPECT_EQ(said(time), Lines{});
  }
  EXPECT_EQ(alarm.raised().front().since, wall(0));
  hear(10 * kHour, {well()});
  EXPECT_EQ(said(10 * kHour), Lines{"working " + kHost});
}

TEST_F(AlarmTest, AWorkerThatDiesEveryMinuteDoesNotPutItOff) {
  Lines all;
  for (long time = 0; time <= 30 * kMinute; time += kMinute) {
    hear(time, {unknown()});
    hear(time, {trouble(kHost, time)});
    for (const auto& line : said(time)) all.push_back(line);
  }
  EXPECT_EQ(all, Lines{"broken " + kHost});
}

TEST_F(AlarmTest, MessagesThatNeedSomebodyAreACaseOfTheirOwn) {
  hear(0, {trouble(), well("")});
  hear(kHour, {trouble(), trouble("", kHour)});
  EXPECT_EQ(said(kHour), Lines{"broken " + kHost});
  EXPECT_EQ(said(2 * kHour), Lines{"broken "});
  ASSERT_EQ(alarm.raised().size(), 2u);
  EXPECT_EQ(alarm.raised().front().smart_host, kHost) << "the oldest first";
  hear(3 * kHour, {well(), trouble("", kHour)});
  EXPECT_EQ(said(3 * kHour), Lines{"working " + kHost});
  EXPECT_EQ(alarm.raised().size(), 1u);
}

TEST_F(AlarmTest, ThatOneOfTwoTakesNoMailIsLessThanThatBothTakeNone) {
  const auto spare = [](Sign::State state) { return Sign{state, {"a", wall(0), "refused", Trouble::Kind::spare}}; };
  hear(0, {well("a, b"), spare(Sign::State::trouble)});
  EXPECT_EQ(said(kHour), Lines{"degraded a"});
  hear(kHour, {trouble("a, b"), spare(Sign::State::unknown)});
  EXPECT_EQ(said(2 * kHour), Lines{"broken a, b"});
  hear(3 * kHour, {well("a, b"), spare(Sign::State::trouble)});
  EXPECT_EQ(said(3 * kHour), Lines{"working a, b"});
  hear(4 * kHour, {well("a, b"), spare(Sign::State::well)});
  EXPECT_EQ(said(4 * kHour), Lines{"working a"});
}

TEST_F(AlarmTest, WhatTheKeeperSeesItselfIsNotEndedByAWorkerThatKnowsNothingOfIt) {
  alarm.hear({Sign::State::trouble, {"", wall(0), "signal 11", Trouble::Kind::worker}}, at(0));
  hear(1, {well(), well("")});
  EXPECT_EQ(said(kHour), Lines{"broken "});
  hear(kHour, {well(), well("")});
  EXPECT_EQ(said(kHour), Lines{});
  alarm.hear({Sign::State::well, {"", {}, {}, Trouble::Kind::worker}}, at(kHour));
  EXPECT_EQ(said(kHour), Lines{"working "});
}

TEST_F(AlarmTest, WhatTheKeeperSeesItselfAndIsOverInTimeIsNotMentioned) {
  for (const auto kind : {Trouble::Kind::worker, Trouble::Kind::relapses}) {
    alarm.hear({Sign::State::trouble, {"", wall(0), "signal 11", kind}}, at(0));
    EXPECT_EQ(said(1), Lines{});
    alarm.hear({Sign::State::well, {"", {}, {}, kind}}, at(kMinute));
    EXPECT_EQ(said(kMinute), Lines{});
    EXPECT_FALSE(alarm.next(rules));
  }
}

TEST_F(AlarmTest, ASmartHostThatIsNotUsedAnyMoreIsBrokenUntilAnotherOneWorks) {
  hear(0, {trouble("old:25")});
  EXPECT_EQ(said(kHour).size(), 1u);
  hear(kHour, {unknown("new:25"), well("")});
  EXPECT_EQ(said(2 * kHour), Lines{});
  EXPECT_EQ(alarm.raised().size(), 1u);
  hear(2 * kHour, {well("new:25")});
  EXPECT_EQ(said(2 * kHour), Lines{"working old:25"});
  EXPECT_TRUE(alarm.raised().empty());
}

TEST_F(AlarmTest, ASmartHostThatIsNotUsedAnyMoreAndWasNotMentionedIsForgotten) {
  hear(0, {trouble("old:25")});
  hear(1, {unknown("new:25")});
  EXPECT_FALSE(alarm.next(rules));
}

TEST_F(AlarmTest, TheReasonIsTheLastOne) {
  hear(0, {trouble()});
  hear(1, {{Sign::State::trouble, {kHost, wall(1), "535 who are you?"}}});
  const auto all = alarm.announce(rules, at(kHour));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].trouble.reason, "535 who are you?");
  EXPECT_EQ(all[0].trouble.since, wall(0));
}

TEST_F(AlarmTest, ThatItWorksAndBreaksAgainBeforeAnybodyIsToldIsOneCase) {
  hear(0, {trouble()});
  said(kHour);
  hear(kHour + 1, {well()});
  hear(kHour + 2, {trouble(kHost, kHour)});
  EXPECT_EQ(said(kHour + 3), Lines{});
  EXPECT_EQ(alarm.raised().size(), 1u);
}

TEST_F(AlarmTest, ChangedRulesHoldAtOnce) {
  hear(0, {trouble()});
  rules.after = Seconds(10);
  EXPECT_EQ(said(10), Lines{"broken " + kHost});
  rules.again = Seconds(60);
  EXPECT_EQ(said(69), Lines{});
  EXPECT_EQ(said(70), Lines{"broken " + kHost});
}

}  // namespace
}  // namespace mailchute::mailchuted
