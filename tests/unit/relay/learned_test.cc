// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/learned.h"

#include <gtest/gtest.h>

#include <optional>

#include "relay/refusal.h"

namespace mailchute::relay {
namespace {

using smtp::Capabilities;
using smtp::Capability;
using smtp::Reply;
using smtp::Stage;
using smtp::TransactionReport;

const Instant kStart{};
const std::vector<std::string> kTwo{"a@a", "b@b"};
const Reply kOk{250, {"ok"}}, kNotify{555, {"5.5.4 NOTIFY?"}}, kNobody{550, {"5.1.1 who?"}}, kWhat{501, {"what?"}};

// Of a transaction for kTwo with PIPELINING, SIZE and wishes about both, less what is left off.
TransactionReport report(Stage stage, const Capabilities& left_off = {}) {
  const auto used = [&](Capability one) { return left_off.count(one) == 0; };
  TransactionReport report;
  report.stage = stage;
  report.recipients.resize(2);
  if (used(Capability::size)) report.at_mail.insert(Capability::size);
  report.wishes.assign(2, used(Capability::dsn));
  report.pipelined = used(Capability::pipelining);
  report.left_off = left_off;
  return report;
}

TransactionReport refused_at_mail(const Reply& reply, const Capabilities& left_off = {}) {
  auto it = report(Stage::mail, left_off);
  it.reply = reply;
  return it;
}

TransactionReport to_recipients(const Reply& a, const Reply& b, const Capabilities& left_off = {}) {
  const bool taken = a.completed() || b.completed();
  auto it = report(taken ? Stage::message : Stage::rcpt, left_off);
  it.recipients = {a, b};
  if (taken) it.reply = kOk;
  return it;
}

TransactionReport dropped(Stage stage, const Capabilities& left_off = {}) {
  auto it = report(stage, left_off);
  it.error = "connection closed by peer";
  it.dropped = true;
  return it;
}

class LearnedTest : public ::testing::Test {
 protected:
  Learned::Finding reported(const TransactionReport& report, const std::string& id = "m", Seconds after = {}) {
    return learned.reported(id, kTwo, report, kStart + after);
  }
  Capabilities without(const std::string& id = "m", Seconds after = {}) {
    return learned.without(id, kStart + after);
  }
  Learned learned;
};

TEST_F(LearnedTest, WhatIsRefusedForAParameterIsSentAgainWithoutIt) {
  const auto found = reported(to_recipients(kNotify, kNotify));
  EXPECT_EQ(found.again, (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(found.broken.empty());
  EXPECT_EQ(without(), Capabilities{Capability::dsn});
  EXPECT_EQ(without("another"), Capabilities()) << "nothing is proved yet";
}

TEST_F(LearnedTest, IfItIsTakenThenTheCapabilityIsBrokenForAnHour) {
  reported(to_recipients(kNotify, kNotify));
  const auto found = reported(to_recipients(kOk, kNobody, {Capability::dsn}));
  EXPECT_EQ(found.broken, Capabilities{Capability::dsn});
  EXPECT_EQ(found.reply, "555 5.5.4 NOTIFY?");
  EXPECT_TRUE(found.again.empty());
  EXPECT_EQ(without("another", Seconds(3599)), Capabilities{Capability::dsn});
  EXPECT_EQ(without("another", Seconds(3600)), Capabilities());
}

TEST_F(LearnedTest, ItIsToldOnce) {
  for (const char* const id : {"m", "n"}) reported(to_recipients(kNotify, kNotify), id);
  EXPECT_EQ(reported(to_recipients(kOk, kOk, {Capability::dsn}), "m").broken.size(), 1u);
  EXPECT_EQ(reported(to_recipients(kOk, kOk, {Capability::dsn}), "n").broken.size(), 0u);
}

TEST_F(LearnedTest, IfItIsRefusedOnceMoreThatStands) {
  for (const Reply& reply : {kWhat, kNotify}) {
    EXPECT_EQ(reported(to_recipients(reply, reply)).again.size(), 2u);
    const auto found = reported(to_recipients(reply, reply, {Capability::dsn}));
    EXPECT_TRUE(found.again.empty());
    EXPECT_TRUE(found.broken.empty());
    EXPECT_EQ(without(), Capabilities());
  }
  EXPECT_EQ(reported(refused_at_mail(kWhat)).again.size(), 2u);
  EXPECT_TRUE(reported(refused_at_mail(kWhat, {Capability::size})).again.empty());
}

TEST_F(LearnedTest, OnlyThoseThatWereRefusedForItAreSentToAgain) {
  EXPECT_EQ(reported(to_recipients(kOk, kNotify)).again, std::vector<std::size_t>{1});
  EXPECT_TRUE(reported(to_recipients(kOk, kNobody, {Capability::dsn})).broken.empty()) << "the other one was taken before";
  EXPECT_EQ(reported(to_recipients(kNobody, kNotify)).again, std::vector<std::size_t>{1});
  auto plain = to_recipients(kOk, kWhat);
  plain.wishes = {true, false};
  EXPECT_TRUE(reported(plain).again.empty()) << "nothing came with it";
}

TEST_F(LearnedTest, MailIsSentAgainWithoutWhatTheReplyNamesOrWithoutAll) {
  auto refused = refused_at_mail({555, {"5.5.4 Unsupported option: SIZE=100"}});
  refused.at_mail.insert(Capability::eight_bit_mime);
  EXPECT_EQ(reported(refused).again.size(), 2u);
  EXPECT_EQ(without(), Capabilities{Capability::size});
  EXPECT_EQ(reported(report(Stage::rcpt, {Capability::size})).broken, Capabilities{Capability::size});
  refused.reply = kWhat;
  reported(refused, "n");
  EXPECT_EQ(without("n"), (Capabilities{Capability::size, Capability::eight_bit_mime}));
}

TEST_F(LearnedTest, CommandsThatComeTogetherMayBeTooMuch) {
  EXPECT_EQ(reported(refused_at_mail({503, {"5.5.1 bad sequence"}})).again.size(), 2u);
  EXPECT_EQ(without(), Capabilities{Capability::pipelining});
  EXPECT_TRUE(reported(refused_at_mail({503, {"5.5.1 bad sequence"}}, {Capability::pipelining})).again.empty());
}

TEST_F(LearnedTest, ASecondConnectionThatEndsWithoutAWordMakesItDoWithout) {
  reported(dropped(Stage::mail), "m");
  EXPECT_EQ(without("n"), Capabilities());
  reported(dropped(Stage::mail), "n");
  const Capabilities both{Capability::pipelining, Capability::size};
  EXPECT_EQ(without("o"), both);
  EXPECT_EQ(reported(to_recipients(kOk, kOk, both), "o").broken, both);
  EXPECT_EQ(without("p", Seconds(3599)), both);
}

TEST_F(LearnedTest, AConnectionThatEndsAllTheSameSpeaksForTheCapability) {
  for (int i = 0; i < 2; ++i) reported(dropped(Stage::mail));
  reported(dropped(Stage::mail, without()));
  EXPECT_EQ(without(), Capabilities());
}

TEST_F(LearnedTest, WhatGoesOnInBetweenSpeaksForTheCapability) {
  reported(dropped(Stage::rcpt));
  reported(to_recipients(kOk, kNobody));
  reported(dropped(Stage::rcpt));
  EXPECT_EQ(without(), Capabilities());
  reported(dropped(Stage::rcpt));
  EXPECT_EQ(without(), (Capabilities{Capability::pipelining, Capability::dsn}));
  auto no_wishes = to_recipients(kOk, kOk, {Capability::pipelining});
  no_wishes.wishes = {false, false};
  EXPECT_EQ(reported(no_wishes, "n").broken, Capabilities{Capability::pipelining}) << "no word about DSN";
}

TEST_F(LearnedTest, AnEndThatIsNoWonderSaysNothing) {
  for (int i = 0; i < 9; ++i) {
    auto on_a_used_connection = dropped(Stage::rset);
    on_a_used_connection.dropped = false;
    reported(on_a_used_connection);
    reported(dropped(Stage::message));
  }
  EXPECT_EQ(without(), Capabilities());
}

TEST_F(LearnedTest, HowManyRecipientsItTakesIsForgottenAfterAnHour) {
  EXPECT_EQ(learned.recipients(kStart), 0u);
  learned.took(20, kStart);
  EXPECT_EQ(learned.recipients(kStart + Seconds(3599)), 20u);
  EXPECT_EQ(learned.recipients(kStart + Seconds(3600)), 0u);
}

TEST(Suspects, AreNoneWhereTheReplyIsAboutSomethingElse) {
  const Capabilities used{Capability::size, Capability::dsn};
  const struct {
    Reply reply;
    bool suspected;
  } cases[] = {
      {{555, {"what?"}}, true},
      {{555, {"5.5.4 Unsupported option: RET=HDRS"}}, true},
      {{455, {"4.5.4 not now"}}, true},
      {{501, {"5.5.4 Invalid arguments"}}, true},
      {{501, {"5.5.2 Syntax error in parameters"}}, true},
      {{504, {"not implemented"}}, true},
      {{500, {"syntax error"}}, true},
      {{550, {"5.5.4 parameters"}}, true},
      {{501, {"5.1.3 bad address syntax"}}, false},
      {{501, {"5.1.7 bad sender"}}, false},
      {{504, {"5.5.2 <me>: Sender address rejected: need fully-qualified address"}}, false},
      {{550, {"5.1.1 who?"}}, false},
      {{550, {"who?"}}, false},
      {{552, {"5.3.4 too large a size"}}, false},
      {{552, {"5.5.3 too many recipients"}}, false},
      {{451, {"4.3.0 later"}}, false},
      {{421, {"4.3.2 bye"}}, false},
      {{250, {"2.5.4 ok"}}, false},
      {{503, {"5.5.1 bad sequence"}}, false},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(!suspects(one.reply, used, false).empty(), one.suspected) << one.reply.text();
    EXPECT_TRUE(suspects(one.reply, {}, false).empty()) << one.reply.text();
  }
}

TEST(Suspects, AreThoseThatAreNamed) {
  const Capabilities used{Capability::size, Capability::dsn, Capability::smtp_utf8};
  const auto named = [&](const char* text) { return suspects({555, {text}}, used, true); };
  EXPECT_EQ(named("SIZE?"), Capabilities{Capability::size});
  EXPECT_EQ(named("ret=hdrs and ENVID"), Capabilities{Capability::dsn});
  EXPECT_EQ(named("5.5.4 SMTPUTF8?"), Capabilities{Capability::smtp_utf8});
  EXPECT_EQ(named("BODY=?"), (Capabilities{Capability::size, Capability::dsn})) << "it was not there";
  EXPECT_EQ(named("retry without oversize"), (Capabilities{Capability::size, Capability::dsn}));
  EXPECT_EQ(suspects({555, {"what?"}}, {Capability::smtp_utf8}, true), Capabilities{Capability::smtp_utf8});
}

}  // namespace
}  // namespace mailchute::relay
