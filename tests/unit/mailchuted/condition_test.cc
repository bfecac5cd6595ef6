// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/condition.h"

#include <gtest/gtest.h>

#include "unit/queue/fixture.h"

namespace mailchute::mailchuted {
namespace {

using State = Sign::State;

const Time kSince{Seconds(1'800'000'000)};

TEST(Condition, IsReadAsItWasWritten) {
  const Condition condition{{{State::trouble, {"mail:25", kSince, "454 4.7.0 later"}},
                             {State::well, {"other:587", {}, {}}},
                             {State::unknown, {}}},
                            12, 3, 4};
  EXPECT_EQ(parse_condition(format_condition(condition)), condition);
  EXPECT_EQ(parse_condition(format_condition({})), Condition{});
}

TEST(Condition, TextOfStrangersStaysInItsPlace) {
  const Condition condition{{{State::trouble, {"mail", kSince, "a\tb\nwell\t0.000\tc\x7f\x1b[2J"}}}, 0, 0, 0};
  const auto read = parse_condition(format_condition(condition));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->signs.size(), 1u);
  EXPECT_EQ(read->signs[0].trouble.reason, "a b well 0.000 c  [2J");
}

TEST(Condition, NothingElseIsUnderstood) {
  for (const std::string text : {"", "1 2", "1 2 3 4", "1 2 x", "1 2 3\n", "1 2 3\nwell\t0.000\tmail",
                                 "1 2 3\nbad\t0.000\tmail\t", "1 2 3\nwell\tnever\tmail\t"}) {
    EXPECT_FALSE(parse_condition(text)) << text;
  }
  std::string many = "0 0 0";
  for (int i = 0; i < 300; ++i) many += "\nwell\t0.000\tmail\t";
  EXPECT_FALSE(parse_condition(many));
}

TEST(Condition, TextsAreCutBetweenCharacters) {
  EXPECT_EQ(cleaned(std::string(600, 'x')).size(), 500u);
  std::string text(499, 'x');
  text += "\xc3\xa4\xc3\xa4";
  EXPECT_EQ(cleaned(text), std::string(499, 'x'));
  EXPECT_EQ(cleaned("\xc3\xa4"), "\xc3\xa4");
}

TEST(Condition, TellsASmartHostThatWasNotTriedFromOneThatWorks) {
  const queue::QueueFixture it;
  relay::DeliveryStatus status;
  relay::SmartHostStatus& host = status.smart_hosts.emplace_back();
  host.name = "mail";
  host.place = "mail:25";
  status.waiting = 7;
  EXPECT_EQ(condition_of(status, it.folder.path()).signs[0].state, State::unknown);
  host.worked = true;
  EXPECT_EQ(condition_of(status, it.folder.path()).signs[0].state, State::well);
  EXPECT_EQ(condition_of(status, it.folder.path()).waiting, 7u);
  host.trouble_since = kSince;
  host.last_error = "refused";
  EXPECT_EQ(condition_of(status, it.folder.path()).signs[0], (Sign{State::trouble, {"mail:25", kSince, "refused"}}));
  status.smart_hosts.emplace_back();
  EXPECT_EQ(condition_of(status, it.folder.path()).signs[0].trouble.smart_host, "mail (mail:25)");
}

TEST(Condition, CountsMessagesThatNeedSomebody) {
  queue::QueueFixture it;
  EXPECT_EQ(condition_of({}, it.folder.path()).signs.at(0).state, State::well);
  for (int i = 0; i < 3; ++i) {
    const auto id = it.submit(queue::envelope_to({"a@a"}));
    ASSERT_TRUE(it.queue.adopt(1));
    ASSERT_TRUE(it.queue.set_aside(id, "a reason"));
  }
  const Condition condition = condition_of({}, it.folder.path());
  EXPECT_EQ(condition.held, 3u);
  EXPECT_EQ(condition.signs.at(0).state, State::trouble);
  EXPECT_EQ(condition.signs.at(0).trouble.reason, "3 messages are held");
}

TEST(Condition, IsDescribedInOneLineWithWhatToDo) {
  const Trouble host{"mail:25", kSince, "refused"}, messages{"", kSince, "1 message is held"};
  EXPECT_EQ(headline({host}), "smart host mail:25 takes no mail: refused; once that is over, mailchute queue retry "
                              "--all tries at once");
  EXPECT_EQ(headline({messages}), "1 message is held; see mailchute queue list --held --failed");
  EXPECT_EQ(headline({host, messages}),
            "smart host mail:25 takes no mail: refused; 1 message is held; see mailchute status");
}

}  // namespace
}  // namespace mailchute::mailchuted
