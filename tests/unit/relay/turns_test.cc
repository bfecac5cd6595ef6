// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/turns.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

constexpr Instant kNow{Seconds(1000)};
constexpr std::uint32_t kDaemon = 900;

constexpr Time day(long seconds) { return Time(Seconds(seconds)); }

Submitters submitters_with(unsigned messages_per_minute, const std::vector<std::string>& limited) {
  config::Storms settings;
  settings.messages_per_minute = messages_per_minute;
  std::vector<std::string> unknown;
  const auto uid = [](const std::string& name) { return std::optional<std::uint32_t>(std::stoul(name)); };
  return {settings, Concerned({false, limited}, uid, unknown), kDaemon};
}

// A letter a message.
std::string take_all(Turns& turns, Instant now = kNow) {
  std::string taken;
  while (const auto message = turns.take(now)) taken += message->id.text();
  return taken;
}

TEST(Turns, OneSubmittersMessagesGoInOrderOfAge) {
  Turns turns;
  turns.add(1, {day(3), "c"});
  turns.add(1, {day(1), "a"});
  turns.add(1, {day(2), "b"});
  EXPECT_EQ(turns.ready(kNow), 3U);
  EXPECT_EQ(turns.front(kNow)->id.text(), "a");
  EXPECT_EQ(take_all(turns), "abc");
  EXPECT_EQ(turns.front(kNow), nullptr);
}

TEST(Turns, AFloodDoesNotDelayOthers) {
  Turns turns;
  for (int i = 0; i < 1000; ++i) turns.add(1, {day(i), "f"  + std::to_string(i)});
  EXPECT_EQ(turns.take(kNow)->id.text(), "f0");
  turns.add(2, {day(5000), "x"});
  turns.add(3, {day(6000), "y"});
  EXPECT_EQ(turns.take(kNow)->id.text(), "f1");
  EXPECT_EQ(turns.take(kNow)->id.text(), "x");
  EXPECT_EQ(turns.take(kNow)->id.text(), "y");
  EXPECT_EQ(turns.take(kNow)->id.text(), "f2");
}

TEST(Turns, WhoSendsOftenTakesTurnsWithTheFlood) {
  Turns turns;
  for (const char* id : {"a", "b", "c", "d"}) turns.add(1, {day(1), std::string(id)});
  std::string taken;
  for (int i = 0; i < 4; ++i) {
    turns.add(2, {day(2), "x"});
    taken += turns.take(kNow)->id.text();
    taken += turns.take(kNow)->id.text();
  }
  EXPECT_EQ(taken, "axbxcxdx");
}

TEST(Turns, TheYoungestIsTheYoungestOfAll) {
  Turns turns;
  turns.add(1, {day(1), "a"});
  turns.add(1, {day(3), "c"});
  turns.add(2, {day(2), "b"});
  std::string taken;
  while (const auto message = turns.take_youngest(kNow)) taken += message->id.text();
  EXPECT_EQ(taken, "cba");
  EXPECT_EQ(turns.size(), 0U);
}

TEST(Turns, WhatIsRemovedHasNoTurn) {
  Turns turns;
  turns.add(1, {day(1), "a"});
  turns.add(2, {day(2), "b"});
  turns.remove(1, {day(1), "a"});
  turns.remove(7, {day(1), "a"});
  EXPECT_EQ(turns.size(), 1U);
  EXPECT_EQ(take_all(turns), "b");
}

TEST(Turns, WhoHasUsedUpHisAllowanceWaitsAndNobodyElseDoes) {
  Submitters submitters = submitters_with(2, {"1"});
  Turns turns(&submitters);
  for (const char* id : {"a", "b", "c"}) {
    submitters.came(id, 1, 10);
    turns.add(1, {day(1), std::string(id)});
  }
  submitters.came("x", 2, 10);
  turns.add(2, {day(9), "x"});
  EXPECT_EQ(turns.ready(kNow), 3U);
  for (const char* id : {"a", "x", "b"}) {
    EXPECT_EQ(turns.take(kNow)->id.text(), id);
    submitters.begun(id, kNow);
  }
  EXPECT_EQ(turns.take(kNow), std::nullopt);
  EXPECT_EQ(turns.ready(kNow), 0U);
  EXPECT_EQ(turns.size(), 1U);
  EXPECT_EQ(turns.firsts().at(0).allowed, kNow + Seconds(30));
  EXPECT_EQ(turns.take(kNow + Seconds(30))->id, "c");
}

}  // namespace
}  // namespace mailchute::relay
