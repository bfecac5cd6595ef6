// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/dispatch.h"

#include <gtest/gtest.h>

#include <random>

namespace mailchute::relay {
namespace {

constexpr Instant at(long seconds) { return Instant(Seconds(seconds)); }
constexpr Time day(long seconds) { return Time(Seconds(seconds)); }

using Ids = std::vector<std::string>;
using Loads = std::vector<Dispatch::Load>;

// Everything that one connection of the smart host would get now.
Ids drained(Dispatch& dispatch, std::size_t host, Instant now) {
  Ids ids;
  while (auto taken = dispatch.take(host, now, false)) ids.push_back(taken->id);
  return ids;
}

void fill(Dispatch& dispatch, int count, const std::set<std::size_t>& routes = {}) {
  for (int i = 0; i < count; ++i) {
    dispatch.add("m" + std::to_string(1000 + i), day(i), at(0), Care::none, routes);
  }
}

void pause(Dispatch& dispatch, std::size_t host, Instant now) {
  dispatch.health(host).trouble(Cause::trouble, "refused", {day(0), now, 0.5});
}

void takes_a_message(Dispatch& dispatch, std::size_t host) {
  Judgement judgement;
  judgement.host = Judgement::Host::works;
  dispatch.health(host).judged({"id", "me@x", {"you@x"}, true}, judgement, {day(0), at(0), 0.5});
}

Dispatch::Load opened(Dispatch::Load load) { return {load.open + 1, load.established + 1, false}; }

class TwoHosts : public ::testing::Test {
 protected:
  static constexpr Dispatch::Host kHosts[] = {{.priority = 20, .weight = 1, .connections = 4},
                                              {.priority = 10, .weight = 1, .connections = 4}};
  static constexpr std::size_t kBackup = 0, kPreferred = 1;
  Dispatch dispatch{kHosts, {{kBackup, kPreferred}}, {Seconds(60), Seconds(3600)}};
  Loads idle = Loads(2);
};

TEST_F(TwoHosts, ThePreferredOneGetsEverythingInOrderOfAge) {
  fill(dispatch, 3);
  EXPECT_EQ(dispatch.connection_wanted(idle, at(0), 0.9), kPreferred);
  EXPECT_EQ(drained(dispatch, kBackup, at(0)), Ids{});
  EXPECT_EQ(drained(dispatch, kPreferred, at(0)), (Ids{"m1000", "m1001", "m1002"}));
}

TEST_F(TwoHosts, TheOtherOneTakesOverWhileThePreferredOneIsPaused) {
  fill(dispatch, 3);
  pause(dispatch, kPreferred, at(0));
  EXPECT_EQ(dispatch.connection_wanted(idle, at(1), 0.1), kBackup);
  EXPECT_EQ(drained(dispatch, kPreferred, at(1)), Ids{});
  EXPECT_EQ(drained(dispatch, kBackup, at(1)).size(), 3u);
}

TEST_F(TwoHosts, ThePreferredOneIsProbedByOneMessageWhileTheOtherWorks) {
  fill(dispatch, 100);
  pause(dispatch, kPreferred, at(0));
  Loads loads{{.open = 4, .established = 4}, {}};
  EXPECT_EQ(dispatch.probe_wanted(loads, at(1)), std::nullopt) << "its pause is not over";
  EXPECT_EQ(dispatch.probe_wanted(loads, at(70)), kPreferred);
  loads[kPreferred] = {.open = 1, .established = 1};
  EXPECT_EQ(dispatch.probe_wanted(loads, at(70)), std::nullopt);
  EXPECT_EQ(dispatch.connection_wanted(loads, at(70), 0.5), std::nullopt) << "both have what they may have";
  EXPECT_EQ(dispatch.take(kPreferred, at(70), false)->id, "m1000");
  EXPECT_EQ(dispatch.take(kBackup, at(70), false)->id, "m1001") << "the others do not wait for it";
  takes_a_message(dispatch, kPreferred);
  EXPECT_EQ(dispatch.take(kBackup, at(71), false), std::nullopt);
  EXPECT_EQ(dispatch.connection_wanted(loads, at(71), 0.5), kPreferred);
}

TEST_F(TwoHosts, AProbeThatDoesNotGetOnHoldsUpNobodyForLong) {
  fill(dispatch, 1);
  pause(dispatch, kPreferred, at(0));
  Loads loads(2);
  EXPECT_EQ(dispatch.probe_wanted(loads, at(70)), kPreferred);
  dispatch.opening(kPreferred, at(70));
  loads[kPreferred] = {.open = 1};
  EXPECT_EQ(dispatch.connection_wanted(loads, at(70), 0.5), std::nullopt);
  EXPECT_EQ(dispatch.wake(loads, at(70)), at(71));
  EXPECT_EQ(dispatch.connection_wanted(loads, at(71), 0.5), kBackup);
}

TEST_F(TwoHosts, WithBothPausedItWakesWhenTheFirstPauseIsOver) {
  fill(dispatch, 1);
  pause(dispatch, kPreferred, at(0));
  pause(dispatch, kPreferred, at(0));
  pause(dispatch, kBackup, at(0));
  EXPECT_EQ(dispatch.connection_wanted(idle, at(1), 0.5), std::nullopt);
  EXPECT_EQ(dispatch.wake(idle, at(1)), *dispatch.health(kBackup).paused_until());
  EXPECT_EQ(dispatch.next_try("m1000"), *dispatch.health(kBackup).paused_until());
  EXPECT_EQ(dispatch.waits_for("m1000", at(1)), kBackup);
}

TEST_F(TwoHosts, AMessageWaitsForNobodyWhileOneOfThemTakesIt) {
  fill(dispatch, 1);
  dispatch.add("later", day(0), at(500), Care::none);
  EXPECT_EQ(dispatch.waits_for("m1000", at(1)), std::nullopt);
  pause(dispatch, kPreferred, at(0));
  EXPECT_EQ(dispatch.waits_for("m1000", at(1)), std::nullopt);
  pause(dispatch, kBackup, at(0));
  EXPECT_TRUE(dispatch.waits_for("later", at(1)));
  EXPECT_EQ(dispatch.waits_for("unknown", at(1)), std::nullopt);
}

TEST_F(TwoHosts, WhatIsDueLaterIsWaitedFor) {
  dispatch.add("a", day(0), at(500), Care::none);
  EXPECT_EQ(dispatch.wake(idle, at(1)), at(500));
  EXPECT_EQ(dispatch.connection_wanted(idle, at(1), 0.5), std::nullopt);
  EXPECT_EQ(dispatch.next_try("a"), at(500));
}

TEST(DispatchWeights, ConnectionsAreSpreadByThem) {
  const Dispatch::Host hosts[] = {{.weight = 60}, {.weight = 30}, {.weight = 10}, {.priority = 5, .weight = 99}};
  Dispatch dispatch(hosts, {{0, 1, 2, 3}}, {});
  fill(dispatch, 1);
  std::minstd_rand random(1);
  int chosen[4] = {};
  for (int i = 0; i < 10'000; ++i) {
    ++chosen[*dispatch.connection_wanted(Loads(4), at(0), std::uniform_real_distribution<double>(0, 1)(random))];
  }
  EXPECT_NEAR(chosen[0], 6000, 200);
  EXPECT_NEAR(chosen[1], 3000, 200);
  EXPECT_NEAR(chosen[2], 1000, 200);
  EXPECT_EQ(chosen[3], 0) << "another priority";
}

TEST(DispatchWeights, ManyConnectionsAreSharedOut) {
  const Dispatch::Host hosts[] = {{.weight = 3, .connections = 100}, {.weight = 1, .connections = 100}};
  Dispatch dispatch(hosts, {{0, 1}}, {});
  fill(dispatch, 1000);
  Loads loads(2);
  for (int i = 0; i < 40; ++i) {
    Dispatch::Load& load = loads[*dispatch.connection_wanted(loads, at(0), 0.99)];
    load = opened(load);
  }
  EXPECT_EQ(loads[0].open, 30u);
  EXPECT_EQ(loads[1].open, 10u);
}

TEST(DispatchWeights, OneThatIsFullOrPausedLeavesItsShareToTheOthers) {
  const Dispatch::Host hosts[] = {{.weight = 9, .connections = 2}, {.weight = 1, .connections = 3}};
  Dispatch dispatch(hosts, {{0, 1}}, {});
  fill(dispatch, 1000);
  Loads loads(2);
  while (const auto host = dispatch.connection_wanted(loads, at(0), 0.0)) loads[*host] = opened(loads[*host]);
  EXPECT_EQ(loads[0].open, 2u);
  EXPECT_EQ(loads[1].open, 3u);
  pause(dispatch, 0, at(0));
  EXPECT_EQ(drained(dispatch, 0, at(0)), Ids{});
  EXPECT_EQ(drained(dispatch, 1, at(0)).size(), 1000u);
}

class TwoRoutes : public ::testing::Test {
 protected:
  static constexpr Dispatch::Host kHosts[] = {{.connections = 4}, {.connections = 4}};
  Dispatch dispatch{kHosts, {{0}, {1}}, {Seconds(60), Seconds(3600)}};
};

TEST_F(TwoRoutes, EachHasALineOfItsOwn) {
  dispatch.add("a", day(1), at(0), Care::none, {0});
  dispatch.add("b", day(2), at(0), Care::none, {1});
  dispatch.add("c", day(3), at(0), Care::none);
  EXPECT_EQ(drained(dispatch, 0, at(0)), Ids{"a"});
  EXPECT_EQ(drained(dispatch, 1, at(0)), (Ids{"b", "c"})) << "the last is the default";
}

TEST_F(TwoRoutes, AMessageWaitsForThePausedSmartHostsOfAllItsRoutes) {
  dispatch.add("both", day(1), at(0), Care::none, {0, 1});
  dispatch.add("second", day(1), at(0), Care::none, {1});
  pause(dispatch, 1, at(0));
  EXPECT_EQ(dispatch.waits_for("both", at(1)), std::nullopt);
  EXPECT_EQ(dispatch.waits_for("second", at(1)), 1u);
  pause(dispatch, 0, at(0));
  EXPECT_TRUE(dispatch.waits_for("both", at(1)));
}

TEST_F(TwoRoutes, APausedSmartHostBlocksOnlyItsOwn) {
  dispatch.add("both", day(1), at(0), Care::none, {0, 1});
  dispatch.add("a", day(2), at(0), Care::none, {0});
  pause(dispatch, 0, at(0));
  EXPECT_EQ(drained(dispatch, 0, at(1)), Ids{});
  EXPECT_EQ(drained(dispatch, 1, at(1)), Ids{"both"});
  dispatch.outcome("both", {"x@x"}, false, false);
  dispatch.put_back("both", at(60), Care::none, at(1));
  EXPECT_EQ(drained(dispatch, 1, at(1000)), Ids{}) << "that part is done";
  EXPECT_EQ(drained(dispatch, 0, at(1000)), (Ids{"both", "a"}));
}

TEST_F(TwoRoutes, AMessageIsInOneTransactionAtATime) {
  dispatch.add("both", day(1), at(0), Care::none, {0, 1});
  EXPECT_EQ(dispatch.size(), 1u);
  EXPECT_EQ(dispatch.take(0, at(0), false)->id, "both");
  EXPECT_EQ(dispatch.take(1, at(0), false), std::nullopt);
  dispatch.outcome("both", {"x@x"}, true, false);
  dispatch.put_back("both", at(60), Care::none, at(5));
  EXPECT_EQ(dispatch.next_try("both"), at(0)) << "the other part is due";
  EXPECT_EQ(dispatch.take(0, at(5), false), std::nullopt) << "this one is to be tried again later";
  EXPECT_EQ(dispatch.take(1, at(5), false)->route, 1u);
  dispatch.remove("both");
  EXPECT_EQ(dispatch.size(), 0u);
  EXPECT_FALSE(dispatch.contains("both"));
}

TEST_F(TwoRoutes, OneThatDoesNotGoByTheRouteItStoodInGoesToTheOthers) {
  dispatch.add("a", day(1), at(0), Care::none, {0});
  EXPECT_EQ(dispatch.take(0, at(0), false)->id, "a");
  EXPECT_FALSE(dispatch.sort("a", {1}, at(0)));
  EXPECT_EQ(drained(dispatch, 0, at(0)), Ids{});
  EXPECT_EQ(drained(dispatch, 1, at(0)), Ids{"a"});
  EXPECT_TRUE(dispatch.sort("a", {0, 1}, at(0)));
  dispatch.put_back("a", at(60), Care::none, at(1));
  EXPECT_EQ(drained(dispatch, 0, at(1)), Ids{"a"});
}

TEST_F(TwoRoutes, WhatWasNotTouchedKeepsItsPlaces) {
  dispatch.add("both", day(1), at(0), Care::none, {0, 1});
  dispatch.take(0, at(0), false);
  dispatch.put_back("both", at(0), Care::none, at(0));
  EXPECT_EQ(drained(dispatch, 1, at(0)), Ids{"both"});
  dispatch.put_back("both", at(0), Care::none, at(0));
  EXPECT_EQ(drained(dispatch, 0, at(0)), Ids{"both"});
}

TEST_F(TwoRoutes, HurryAlsoReachesThePartThatIsNotInFlight) {
  dispatch.add("both", day(1), at(0), Care::none, {0});
  dispatch.take(0, at(0), false);
  dispatch.sort("both", {0, 1}, at(900));
  EXPECT_EQ(dispatch.hurry(at(5)), 0u);
  dispatch.outcome("both", {"x@x"}, false, false);
  dispatch.put_back("both", at(60), Care::none, at(5));
  EXPECT_EQ(drained(dispatch, 1, at(5)), Ids{"both"});
}

TEST(DispatchRounds, TheOthersHaveTheirTurnBeforeAnyIsTriedAgain) {
  const Dispatch::Host host[] = {{}};
  Dispatch dispatch(host, {{0}}, {});
  dispatch.add("m", day(1), at(0), Care::none);
  dispatch.take(0, at(0), false);
  dispatch.outcome("m", {"a@x", "b@x"}, true, true);
  dispatch.put_back("m", at(60), Care::none, at(1));
  ASSERT_EQ(dispatch.take(0, at(1), false)->id, "m") << "at once";
  EXPECT_EQ(dispatch.tried("m"), (std::set<std::string>{"a@x", "b@x"}));
  dispatch.outcome("m", {"c@x"}, false, false);
  dispatch.put_back("m", at(62), Care::none, at(2));
  EXPECT_EQ(dispatch.take(0, at(2), false), std::nullopt);
  ASSERT_EQ(dispatch.take(0, at(62), false)->id, "m") << "one of the first is still to do";
  EXPECT_TRUE(dispatch.tried("m").empty());
}

TEST(DispatchPace, AConnectionWaitsUntilTheNextMessageMayGo) {
  const Dispatch::Host host[] = {{.connections = 2, .messages_per_minute = 60}};
  Dispatch dispatch(host, {{0}}, {});
  fill(dispatch, 200);
  EXPECT_EQ(dispatch.connection_wanted(Loads(1), at(0), 0.5), 0u);
  int sent = 0;
  Instant now = at(0);
  const Loads open{{.open = 1, .established = 1}};
  while (now < at(60)) {
    if (dispatch.take(0, now, false)) {
      dispatch.begun(0, now);
      dispatch.ended(0, true, now);
      ++sent;
    }
    EXPECT_EQ(dispatch.connection_wanted(open, now, 0.5), std::nullopt) << "another would not help";
    now = std::max(now, *dispatch.wake(open, now));
  }
  EXPECT_EQ(sent, 60);
}

TEST(DispatchPace, WhatIsDueWaitsForTheSmartHostAtItsLimit) {
  const Dispatch::Host hosts[] = {{.messages_per_minute = 60}, {.priority = 10}};
  Dispatch dispatch(hosts, {{0, 1}}, {});
  fill(dispatch, 2);
  dispatch.add("later", day(0), at(500), Care::none);
  const auto taken = dispatch.take(0, at(0), false);
  EXPECT_EQ(dispatch.waits_for("m1001", at(0)), std::nullopt);
  dispatch.begun(0, at(0));
  EXPECT_EQ(dispatch.waits_for("m1001", at(0)), 0u) << "a limit does not make others take over";
  EXPECT_EQ(dispatch.waits_for("later", at(0)), std::nullopt) << "for its own time";
  EXPECT_EQ(dispatch.waits_for(taken->id, at(0)), std::nullopt) << "it is on its way";
}

}  // namespace
}  // namespace mailchute::relay
