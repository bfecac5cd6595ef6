// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/condition.h"

#include <gtest/gtest.h>

namespace mailchute::mailchuted {
namespace {

using State = Sign::State;
using Kind = Trouble::Kind;

const Time kSince{Seconds(1'800'000'000)};

TEST(Condition, IsReadAsItWasWritten) {
  const Condition condition{{{State::trouble, {"mail:25", kSince, "454 4.7.0 later"}},
                             {State::well, {"other:587", {}, {}, Kind::spare}},
                             {State::trouble, {"", kSince, "signal 11", Kind::worker}},
                             {State::unknown, {}}},
                            12, 3, 4};
  EXPECT_EQ(parse_condition(format_condition(condition)), condition);
  EXPECT_EQ(parse_condition(format_condition({})), Condition{});
}

TEST(Condition, TextOfStrangersStaysInItsPlace) {
  const Condition condition{{{State::trouble, {"mail", kSince, "a\tb\nwell\tspare\t0.000\tc\x7f\x1b[2J"}}}, 0, 0, 0};
  const auto read = parse_condition(format_condition(condition));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->signs.size(), 1u);
  EXPECT_EQ(read->signs[0].trouble.reason, "a b well spare 0.000 c  [2J");
}

TEST(Condition, NothingElseIsUnderstood) {
  for (const std::string text : {"", "1 2", "1 2 3 4", "1 2 x", "1 2 3\n", "1 2 3\nwell\tspare\t0.000\tmail",
                                 "1 2 3\nbad\tspare\t0.000\tmail\t", "1 2 3\nwell\tspare\tnever\tmail\t",
                                 "1 2 3\nwell\tbad\t0.000\tmail\t"}) {
    EXPECT_FALSE(parse_condition(text)) << text;
  }
  std::string many = "0 0 0";
  for (int i = 0; i < 300; ++i) many += "\nwell\tspare\t0.000\tmail\t";
  EXPECT_FALSE(parse_condition(many));
}

TEST(Condition, TextsAreCutBetweenCharacters) {
  EXPECT_EQ(cleaned(std::string(600, 'x')).size(), 500u);
  std::string text(499, 'x');
  text += "\xc3\xa4\xc3\xa4";
  EXPECT_EQ(cleaned(text), std::string(499, 'x'));
  EXPECT_EQ(cleaned("\xc3\xa4"), "\xc3\xa4");
}

relay::SmartHostStatus host(const std::string& name, bool worked, bool trouble, long since = 0) {
  relay::SmartHostStatus status;
  status.name = name;
  status.place = name + ":25";
  status.worked = worked;
  if (trouble) status.trouble_since = kSince + Seconds(since);
  if (trouble) status.last_error = "refused";
  return status;
}

constexpr bool kWorked = true, kTrouble = true;

// But for that of the messages, which comes last.
std::vector<Sign> signs(std::vector<relay::SmartHostStatus> hosts, const Routes& routes) {
  relay::DeliveryStatus status;
  status.smart_hosts = std::move(hosts);
  auto all = condition_of(status, routes, {}).signs;
  EXPECT_EQ(all.back(), (Sign{State::well, {"", {}, {}, Kind::messages}}));
  all.pop_back();
  return all;
}

TEST(Condition, TellsASmartHostThatWasNotTriedFromOneThatWorks) {
  const Routes only{{0}};
  EXPECT_EQ(signs({host("mail", false, false)}, only), (std::vector<Sign>{{State::unknown, {"mail:25", {}, {}}}}));
  EXPECT_EQ(signs({host("mail", kWorked, false)}, only), (std::vector<Sign>{{State::well, {"mail:25", {}, {}}}}));
  EXPECT_EQ(signs({host("mail", kWorked, kTrouble)}, only),
            (std::vector<Sign>{{State::trouble, {"mail:25", kSince, "refused"}}}));
}

TEST(Condition, OneOfTwoSmartHostsThatTakesNoMailIsASpareAsLongAsTheOtherDoes) {
  const Routes both{{0, 1}};
  const auto of_both = signs({host("a", kWorked, kTrouble), host("b", kWorked, false)}, both);
  ASSERT_EQ(of_both.size(), 3u);
  EXPECT_EQ(of_both[0].state, State::well);
  EXPECT_EQ(of_both[1], (Sign{State::trouble, {"a (a:25)", kSince, "refused; mail goes by b (b:25)", Kind::spare}}));
  EXPECT_EQ(of_both[2], (Sign{State::well, {"b (b:25)", {}, {}, Kind::spare}}));
}

TEST(Condition, WhereBothTakeNoMailItIsBrokenSinceTheSecondOneFailed) {
  const auto of_both = signs({host("a", kWorked, kTrouble), host("b", kWorked, kTrouble, 60)}, {{0, 1}, {1, 0}, {0, 1}});
  ASSERT_EQ(of_both.size(), 4u) << "a route that is there twice counts once";
  EXPECT_EQ(of_both[0], (Sign{State::trouble, {"a (a:25), b (b:25)", kSince + Seconds(60), "a: refused; b: refused"}}));
  EXPECT_EQ(of_both[2].state, State::unknown) << "that mail goes by another one would not be true";
}

TEST(Condition, NobodySaysOfAnUntriedOneThatMailGoesByIt) {
  for (const Sign& sign : signs({host("a", kWorked, kTrouble), host("b", false, false)}, {{0, 1}})) {
    EXPECT_EQ(sign.state, State::unknown);
  }
}

TEST(Condition, AMessageWhoseOnlySmartHostTakesNoMailIsStuckWhateverTheOthersDo) {
  const auto all = signs({host("a", kWorked, kTrouble), host("b", kWorked, false)}, {{0}, {0, 1}});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0], (Sign{State::trouble, {"a (a:25)", kSince, "refused"}}));
  EXPECT_EQ(all[1].state, State::well);
  EXPECT_EQ(all[2].trouble.smart_host, "b (b:25)") << "a is no spare";
}

TEST(Condition, NamesMessagesThatNeedSomebody) {
  relay::DeliveryStatus status;
  status.waiting = 7;
  const Condition condition = condition_of(status, {}, {3, 1});
  EXPECT_EQ(condition.waiting, 7u);
  EXPECT_EQ(condition.held, 3u);
  EXPECT_EQ(condition.signs.at(0).state, State::trouble);
  EXPECT_EQ(condition.signs.at(0).trouble.kind, Kind::messages);
  EXPECT_EQ(condition.signs.at(0).trouble.reason, "3 messages are held and 1 has failed without a notification");
}

TEST(Condition, IsDescribedInOneLineWithWhatToDo) {
  const Trouble host{"mail:25", kSince, "refused"}, messages{"", kSince, "1 message is held", Kind::messages};
  EXPECT_EQ(headline({host}), "smart host mail:25 takes no mail: refused; once that is over, mailchute queue retry "
                              "--all tries at once");
  EXPECT_EQ(headline({messages}), "1 message is held; see mailchute queue list --held --failed");
  EXPECT_EQ(headline({host, messages}),
            "smart host mail:25 takes no mail: refused; 1 message is held; see mailchute status");
  EXPECT_EQ(headline({{"a (a:25), b (b:25)", kSince, "a: refused; b: refused"}}),
            "smart hosts a (a:25), b (b:25) take no mail: a: refused; b: refused; once that is over, mailchute queue "
            "retry --all tries at once");
  EXPECT_EQ(headline({{"a", kSince, "refused; mail goes by b", Kind::spare}}),
            "smart host a takes no mail: refused; mail goes by b");
  EXPECT_EQ(headline({{"", kSince, "no worker can start: why", Kind::worker}}), "no worker can start: why; see the log");
}

TEST(Condition, WhatKeepsNoMailFromItsWayIsNotSerious) {
  const Trouble spare{"a", kSince, "", Kind::spare}, messages{"", kSince, "", Kind::messages};
  EXPECT_EQ(serious({spare, messages, spare}), std::vector<Trouble>{messages});
}

}  // namespace
}  // namespace mailchute::mailchuted
