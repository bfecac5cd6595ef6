// SPDX-License-Identifier: GPL-3.0-or-later
#include "simulation.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

TEST(Simulation, AMessageThatIsPutOffAgainAndAgainExpiresAfterFiveDays) {
  Simulation it;
  it.smart_host = [](const std::string&) { return grey(); };
  it.submit("a");
  const Instant start = it.now;
  it.run(start + 30 * kDay);
  EXPECT_EQ(it.failed, std::vector<std::string>{"a"});
  const auto& tried = it.messages["a"].tried;
  EXPECT_GT(tried.back() - start, 5 * kDay);
  EXPECT_LT(tried.back() - start, 5 * kDay + 66min);
  EXPECT_NEAR(static_cast<double>(tried.size()), 126, 12) << "six times doubling, then hourly";
  for (std::size_t i = 1; i < tried.size(); ++i) {
    EXPECT_GE(tried[i] - tried[i - 1], 54s) << i;
    EXPECT_LE(tried[i] - tried[i - 1], 66min + 1s) << i;
  }
}

TEST(Simulation, APauseOfTwentyThousandMessagesIsProbedByOneAndEndsInOrderOfAge) {
  constexpr int kMany = 20000;
  Simulation it;
  bool down = true;
  it.session = [&](std::size_t) -> std::optional<smtp::Close::Trouble> {
    if (!down) return std::nullopt;
    return smtp::Close::Trouble{Stage::connect, {}, "connection refused"};
  };
  for (int i = 0; i < kMany; ++i) it.submit(number(i), Seconds((i * 7919) % kMany));
  const Instant start = it.now;
  it.run(start + 10h);
  EXPECT_LT(it.sessions, 20u) << "nothing hammers";
  EXPECT_TRUE(it.delivered.empty());
  EXPECT_TRUE(std::all_of(it.messages.begin(), it.messages.end(), [](const auto& m) { return m.second.info.attempts == 0; }));
  down = false;
  it.run(start + 12h);
  ASSERT_EQ(it.delivered.size(), std::size_t{kMany});
  EXPECT_TRUE(it.failed.empty());
  EXPECT_TRUE(std::is_sorted(it.delivered.begin(), it.delivered.end(), [&](const auto& a, const auto& b) {
    return it.ages.of(a, it.now) > it.ages.of(b, it.now);
  }));
}

TEST(Simulation, ALoginThatIsRefusedForTwoDaysIsTriedFewTimes) {
  Simulation it;
  it.session = [](std::size_t) { return smtp::Close::Trouble{Stage::auth, Reply{535, {"5.7.8 wrong"}}, "535 5.7.8 wrong"}; };
  it.submit("a");
  it.run(it.now + 2 * kDay);
  EXPECT_LT(it.sessions, 18u);
  EXPECT_EQ(it.messages["a"].info.attempts, 0u);
}

TEST(Simulation, AClockThatIsSetNeitherExpiresNorDelays) {
  std::vector<std::vector<Instant>> tries;
  for (const Seconds step : {Seconds(0), 300 * kDay, -300 * kDay}) {
    Simulation it;
    it.smart_host = [](const std::string&) { return grey(); };
    it.submit("a");
    const Instant start = it.now;
    it.run(start + 1h);
    it.wall += step;
    it.run(start + 30 * kDay);
    EXPECT_EQ(it.failed.size(), 1u);
    tries.push_back(it.messages["a"].tried);
  }
  EXPECT_EQ(tries[0], tries[1]);
  EXPECT_EQ(tries[0], tries[2]);
}

TEST(Simulation, AMachineThatWasAsleepTriesAgainBeforeItGivesUp) {
  for (const bool works : {true, false}) {
    Simulation it;
    it.smart_host = [&](const std::string&) {
      return works && it.now > Instant(8 * kDay) ? taken() : ended(Stage::rcpt, Reply{450, {"4.2.0 grey"}});
    };
    it.submit("a");
    it.run(it.now + 30s);
    it.advance(9 * kDay);
    it.run(it.now + 1h);
    EXPECT_EQ(it.delivered.size(), works ? 1u : 0u);
    EXPECT_EQ(it.failed.size(), works ? 0u : 1u);
    EXPECT_EQ(it.messages["a"].tried.size(), works ? 2u : 3u);
  }
}

TEST(Simulation, WhileTheSmartHostIsOutOfReachNoMessageGrowsTooOld) {
  Simulation it;
  bool down = true;
  it.session = [&](std::size_t) -> std::optional<smtp::Close::Trouble> {
    if (!down) return std::nullopt;
    return smtp::Close::Trouble{Stage::connect, {}, "no route"};
  };
  for (int i = 0; i < 10; ++i) it.submit(number(i));
  it.run(it.now + 30 * kDay);
  down = false;
  it.run(it.now + 2h);
  EXPECT_EQ(it.delivered.size(), 10u);
  EXPECT_TRUE(it.failed.empty());
}

TEST(Simulation, WhenAccessIsDeniedToAllNothingBouncesAndAllGoesOnceItIsNot) {
  Simulation it;
  bool denied = true;
  unsigned asked = 0;
  it.smart_host = [&](const std::string&) {
    asked += denied;
    return denied ? ended(Stage::rcpt, Reply{554, {"5.7.1 Relay access denied"}}) : taken();
  };
  for (int i = 0; i < 100; ++i) it.submit(number(i));
  it.run(it.now + 6 * kDay);
  EXPECT_TRUE(it.failed.empty());
  EXPECT_LT(asked, 200u) << "hourly, by one";
  denied = false;
  it.run(it.now + 2h);
  EXPECT_EQ(it.delivered.size(), 100u);
  EXPECT_TRUE(it.failed.empty());
}

TEST(Simulation, ARecipientThatPolicyRefusesFailsSoonWhereOtherMailGoes) {
  Simulation it;
  it.smart_host = [](const std::string& id) {
    return id == number(0) ? ended(Stage::rcpt, Reply{550, {"5.7.1 blocked by its owner"}}) : taken();
  };
  for (int i = 0; i < 3; ++i) it.submit(number(i), Seconds(10 - i));
  it.run(it.now + 10s);
  EXPECT_EQ(it.failed, std::vector<std::string>{number(0)});
  EXPECT_EQ(it.delivered.size(), 2u);
}

TEST(Simulation, AloneItFailsAfterAnHour) {
  Simulation it;
  it.smart_host = [](const std::string&) { return ended(Stage::rcpt, Reply{550, {"5.7.1 blocked by its owner"}}); };
  it.submit("a");
  const Instant start = it.now;
  it.run(start + kDay);
  EXPECT_EQ(it.failed.size(), 1u);
  EXPECT_GE(it.messages["a"].tried.back() - start, 1h);
  EXPECT_LE(it.messages["a"].tried.back() - start, 2h + 6min);
}

TEST(Simulation, ASenderWhoIsRefusedForNowDoesNotKeepTheOthersWaiting) {
  Simulation it;
  it.smart_host = [](const std::string& id) {
    return id < number(20) ? ended(Stage::mail, Reply{451, {"4.7.1 not now"}}) : taken();
  };
  for (int i = 0; i < 1000; ++i) it.submit(number(i), Seconds(2000 - i), i < 20 ? "slow" : "me");
  it.run(it.now + 10min);
  EXPECT_EQ(it.delivered.size(), 980u);
  EXPECT_TRUE(it.failed.empty());
}

TEST(Simulation, TwoPoisonousMessagesDoNotKeepTheOthersWaiting) {
  Simulation it;
  it.smart_host = [](const std::string& id) {
    TransactionReport report = taken();
    if (id >= number(2)) return report;
    report.reply.reset();
    report.error = "connection closed by peer";
    return report;
  };
  it.submit(number(0));
  it.submit(number(1));
  Milliseconds longest{};
  for (int i = 2; i < 200; ++i) {
    it.run(it.now + 17min);
    it.submit(number(i));
    const Instant submitted = it.now;
    while (it.delivered.empty() || it.delivered.back() != number(i)) it.run(it.now + 1s);
    if (i > 2) longest = std::max(longest, it.now - submitted);  // the first one tells who is to blame
  }
  EXPECT_LE(longest, 2s);
  EXPECT_LT(it.messages[number(0)].tried.size(), 80u) << "about hourly, for more than two days";
}

}  // namespace
}  // namespace mailchute::relay
