// SPDX-License-Identifier: GPL-3.0-or-later
// Days with several smart hosts, and with routes.
#include <gtest/gtest.h>

#include <random>

#include "simulation.h"

namespace mailchute::relay {
namespace {

using Trouble = smtp::Close::Trouble;

std::optional<Trouble> refused() { return Trouble{Stage::connect, {}, "connection refused"}; }

// Each of these once, by whichever.
void expect_each_once(const Simulation& it, std::size_t count) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& one : it.log) {
    EXPECT_TRUE(seen.emplace(one.id, one.address).second) << one.id << " " << one.address;
  }
  EXPECT_EQ(seen.size(), count);
}

Instant when(const Simulation& it, const std::string& address) {
  const auto found = std::find_if(it.log.begin(), it.log.end(),
                                  [&](const auto& one) { return one.address == address; });
  return found == it.log.end() ? Instant::max() : found->at;
}

constexpr std::size_t kMain = 0, kBackup = 1;
const std::vector<Dispatch::Host> kMainAndBackup{{.priority = 10, .connections = 2},
                                                 {.priority = 20, .connections = 2}};

TEST(Failover, WhileThePreferredOneIsDownForADayTheOtherTakesItAllAtOnceAndInOrderOfAge) {
  Simulation it({{.priority = 10}, {.priority = 20}}, {{kMain, kBackup}});
  bool down = true;
  unsigned probes = 0;
  it.session = [&](std::size_t host) -> std::optional<Trouble> {
    probes += host == kMain;
    return down && host == kMain ? refused() : std::nullopt;
  };
  for (int i = 0; i < 20000; ++i) it.submit(number(i), Seconds(100000 - i));
  it.run(it.now + 1min);
  EXPECT_EQ(it.sent_by(kBackup), 20000u);
  EXPECT_TRUE(std::is_sorted(it.delivered.begin(), it.delivered.end()));
  for (int i = 0; i < 1440; ++i) {
    it.submit(number(20000 + i));
    const Instant submitted = it.now;
    it.run(it.now + 1min);
    ASSERT_EQ(it.left(), 0u);
    EXPECT_LT(it.log.back().at - submitted, 100ms) << "a probe holds up nobody";
  }
  EXPECT_LT(probes, 35u);
  down = false;
  for (int i = 0; i < 120; ++i) {
    it.submit(number(30000 + i));
    it.run(it.now + 1min);
  }
  EXPECT_GE(it.sent_by(kMain), 50u) << "it is probed hourly";
  const std::size_t by_backup = it.sent_by(kBackup);
  for (int i = 0; i < 1000; ++i) it.submit(number(40000 + i));
  it.run(it.now + 1min);
  EXPECT_EQ(it.sent_by(kBackup), by_backup) << "who waits for the preferred one waits for that";
  expect_each_once(it, 22560);
}

TEST(Failover, AProbeCostsTheSmartHostInDoubtOneMessageNotTheQueue) {
  Simulation it(kMainAndBackup, {{kMain, kBackup}});
  const Instant start = it.now;
  std::size_t lost = 0;
  // The preferred one lets anybody in, and hangs up on every message for two hours.
  it.answer = [&](std::size_t host, const std::string&, const std::string&) {
    if (host != kMain || it.now - start > 2h) return taken();
    TransactionReport report = taken();
    report.stage = Stage::data;
    report.reply.reset();
    report.error = "connection closed by peer";
    ++lost;
    return report;
  };
  for (int i = 0; i < 3000; ++i) it.submit(number(i));
  it.run(start + 10s);
  EXPECT_GE(it.delivered.size(), 2980u);
  it.run(start + 12h);
  EXPECT_LT(lost, 20u);
  EXPECT_TRUE(it.failed.empty());
  expect_each_once(it, 3000);
}

TEST(Failover, EqualsShareByWeightAndOneThatIsPausedLeavesItsShareToTheOthers) {
  Simulation it({{.weight = 1, .connections = 20},
                 {.weight = 3, .connections = 20},
                 {.weight = 1, .connections = 20}},
                {{0, 1, 2}});
  it.session = [](std::size_t host) { return host == 2 ? refused() : std::nullopt; };
  // One at a time: each needs a connection of its own.
  for (int i = 0; i < 400; ++i) {
    it.submit(number(i));
    it.run(it.now + 1min);
  }
  EXPECT_EQ(it.sent_by(2), 0u);
  EXPECT_NEAR(static_cast<double>(it.sent_by(1)) / static_cast<double>(it.sent_by(0)), 3.0, 1.0);
  expect_each_once(it, 400);
}

TEST(Failover, TheLimitOfAProviderHoldsInEveryMinuteAndIsUsed) {
  Simulation it({{.priority = 10, .messages_per_minute = 30}}, {{0}});
  for (int i = 0; i < 600; ++i) it.submit(number(i));
  it.run(it.now + 30min);
  expect_each_once(it, 600);
  for (std::size_t i = 30; i < it.log.size(); ++i) EXPECT_GE(it.log[i].at - it.log[i - 30].at, 60s) << i;
  EXPECT_LT(it.log.back().at - it.log.front().at, 21min) << "and none is given away";
}

const std::vector<Dispatch::Host> kTwo{{.connections = 2}, {.connections = 2}};
const Dispatch::Routes kOneEach{{0}, {1}};

TEST(Routes, WhoWaitsForAnotherSmartHostKeepsNobodyWaiting) {
  Simulation it(kTwo, kOneEach);
  const Instant start = it.now;
  it.session = [&](std::size_t host) { return host == 1 && it.now - start < 2 * kDay ? refused() : std::nullopt; };
  for (int i = 0; i < 5000; ++i) {
    const std::string id = number(i);
    it.submit(id, 0ms, "me", {{"a-" + id, 0}, {"b-" + id, 1}});
  }
  it.run(start + 1min);
  EXPECT_EQ(it.sent_by(0), 5000u);
  EXPECT_TRUE(it.delivered.empty());
  it.run(start + 2 * kDay + 66min + 1min);
  EXPECT_EQ(it.delivered.size(), 5000u);
  EXPECT_TRUE(it.failed.empty());
  expect_each_once(it, 10000);
}

// What one of them is told to wait for is nothing to the other.
TEST(Routes, OneThatIsPutOffForHoursDelaysTheOtherByNoMoreThanItsOwnPause) {
  Simulation it(kTwo, kOneEach);
  const Instant start = it.now;
  it.session = [&](std::size_t host) { return host == 1 && it.now - start < 30min ? refused() : std::nullopt; };
  it.answer = [](std::size_t host, const std::string&, const std::string&) { return host == 0 ? grey() : taken(); };
  it.submit("m", 0ms, "me", {{"a", 0}, {"b", 1}});
  it.run(start + 30min);
  const Instant again = it.dispatch.health(1).paused_until().value();
  it.run(start + 10 * kDay);
  EXPECT_LE(when(it, "b"), again + 1s);
  EXPECT_EQ(it.failed, std::vector<std::string>{"m"}) << "for a";
  expect_each_once(it, 1);
}

TEST(Routes, EachIsTriedAsOftenAsIfThereWereNoOther) {
  Simulation it(kTwo, kOneEach);
  std::map<std::string, unsigned> asked;
  it.answer = [&](std::size_t, const std::string&, const std::string& address) {
    ++asked[address];
    return grey();
  };
  it.submit("one", 0ms, "me", {{"alone", 0}});
  it.submit("two", 0ms, "me", {{"a", 0}, {"b", 1}});
  it.run(it.now + 50min);
  EXPECT_EQ(asked["alone"], 6u) << "after 0, 1, 3, 7, 15 and 31 minutes";
  EXPECT_EQ(asked["a"], 6u);
  EXPECT_EQ(asked["b"], 6u);
}

TEST(Routes, TheOneThatIsLeftGoesOnAsItWas) {
  Simulation it(kTwo, kOneEach);
  const Instant start = it.now;
  unsigned asked = 0;
  it.recipients_at_once = 1;
  it.answer = [&](std::size_t host, const std::string&, const std::string& address) {
    asked += address == "a2";
    return host == 0 || it.now - start < 10min ? grey() : taken();
  };
  it.submit("m", 0ms, "me", {{"a1", 0}, {"a2", 0}, {"b", 1}});
  it.run(start + 50min);
  EXPECT_LE(when(it, "b"), start + 17min);
  EXPECT_EQ(asked, 6u) << "two transactions are one attempt";
}

TEST(Routes, RecipientsWhoseSmartHostWasAwayHaveTheirThreeAnswersToo) {
  Simulation it(kTwo, kOneEach);
  const Instant start = it.now;
  unsigned asked = 0;
  it.session = [&](std::size_t host) { return host == 1 && it.now - start < 6 * kDay ? refused() : std::nullopt; };
  it.answer = [&](std::size_t host, const std::string&, const std::string&) {
    return host == 0 || ++asked < 3 ? grey() : taken();
  };
  it.submit("m", 0ms, "me", {{"a", 0}, {"b", 1}});
  it.run(start + 10 * kDay);
  EXPECT_LE(when(it, "b"), start + 6 * kDay + 5h);
}

TEST(Rounds, AHundredRecipientsInTensAreOneAttemptAndExpireTogether) {
  Simulation it;
  it.recipients_at_once = 10;
  it.answer = [](std::size_t, const std::string&, const std::string& address) {
    return address.back() == '7' ? grey() : taken();
  };
  std::map<std::string, std::size_t> to;
  for (int i = 0; i < 100; ++i) to[number(i)] = 0;
  it.submit("m", 0ms, "me", to);
  const Instant start = it.now;
  it.run(start + 10s);
  EXPECT_EQ(it.log.size(), 90u);
  EXPECT_EQ(it.messages["m"].info.attempts, 1u);
  it.run(start + 4 * kDay);
  EXPECT_NEAR(it.messages["m"].info.attempts, 100, 10);
  EXPECT_EQ(it.messages["m"].tried.size(), 9 + it.messages["m"].info.attempts) << "those that are left go together";
  it.run(start + 6 * kDay);
  EXPECT_EQ(it.failed, std::vector<std::string>{"m"});
  expect_each_once(it, 90);
}

TEST(DelayNotices, ComeWithTheFirstAttemptAfterTheirTimeThoughOneOfTheSmartHostsIsPaused) {
  Simulation it(kMainAndBackup, {{kMain, kBackup}});
  const Instant start = it.now;
  it.session = [](std::size_t host) { return host == kMain ? refused() : std::nullopt; };
  it.smart_host = [](const std::string&) { return grey(); };
  for (int i = 0; i < 50; ++i) it.submit(number(i));
  it.run(start + 4h);
  for (const auto& [id, message] : it.messages) EXPECT_FALSE(message.delay_told);
  it.run(start + 4h + 67min);
  for (const auto& [id, message] : it.messages) EXPECT_TRUE(message.delay_told) << id;
}

// Nothing is known of these: no message is told of, but none is lost either (mailchuted(8)).
TEST(DelayNotices, DoNotComeWhileNobodyCanBeAsked) {
  Simulation it(kTwo, kOneEach);
  it.session = [](std::size_t host) { return host == 1 ? refused() : std::nullopt; };
  it.answer = [](std::size_t, const std::string&, const std::string&) { return grey(); };
  it.submit("by the one", 0ms, "me", {{"a", 0}});
  it.submit("by the other", 0ms, "me", {{"b", 1}});
  it.run(it.now + 8 * kDay);
  EXPECT_TRUE(it.messages["by the one"].delay_told);
  EXPECT_FALSE(it.messages["by the other"].delay_told);
  EXPECT_EQ(it.failed, std::vector<std::string>{"by the one"});
}

// Whatever happens in five days, in the sixth everybody has everything, once.
class FiveDays : public ::testing::TestWithParam<unsigned> {};

TEST_P(FiveDays, OfTroubleLeaveNothingUndoneAndNothingDoneTwice) {
  Simulation it({{.priority = 10, .connections = 3}, {.priority = 10, .weight = 2, .connections = 3},
                 {.priority = 20, .messages_per_minute = 60}, {.priority = 10}},
                {{0, 1, 2}, {3, 2}});
  it.recipients_at_once = 2;
  std::minstd_rand random(GetParam());
  const auto one_in = [&random](unsigned n) { return random() % n == 0; };
  std::vector<bool> down(4);
  const Instant end = it.now + 5 * kDay;
  const auto trouble = [&] { return it.now < end; };
  it.session = [&](std::size_t host) { return trouble() && down[host] ? refused() : std::nullopt; };
  it.answer = [&](std::size_t, const std::string&, const std::string&) {
    if (!trouble() || !one_in(5)) return taken();
    if (one_in(3)) return ended(Stage::mail, Reply{451, {"4.3.0 not now"}});
    if (one_in(3)) return ended(Stage::message, Reply{451, {"4.7.1 access"}});
    if (one_in(2)) return grey();
    TransactionReport lost = taken();
    lost.stage = Stage::data;
    lost.reply.reset();
    lost.error = "connection closed by peer";
    return lost;
  };
  std::size_t recipients = 0;
  for (int i = 0; it.now < end; ++i) {
    for (std::size_t host = 0; host < down.size(); ++host) {
      if (one_in(10)) down[host] = !down[host];
    }
    for (int j = 0; j < 20; ++j) {
      const std::string id = number(100 * i + j);
      std::map<std::string, std::size_t> to;
      for (unsigned k = 0; k <= random() % 5; ++k) to[id + "-" + std::to_string(k)] = random() % 2;
      recipients += to.size();
      it.submit(id, 0ms, "s" + std::to_string(random() % 5), to);
    }
    it.run(it.now + 17min);
  }
  it.run(end + kDay);
  EXPECT_TRUE(it.failed.empty());
  EXPECT_EQ(it.left(), 0u);
  expect_each_once(it, recipients);
}

INSTANTIATE_TEST_SUITE_P(Simulated, FiveDays, ::testing::Range(1u, 5u));

}  // namespace
}  // namespace mailchute::relay
