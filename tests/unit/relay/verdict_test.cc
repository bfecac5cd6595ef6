// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/verdict.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

using smtp::Reply;
using smtp::Stage;
using smtp::TransactionReport;
using What = Verdict::What;

TransactionReport ended_at(Stage stage, std::optional<Reply> reply) {
  TransactionReport report;
  report.id = 1;
  report.stage = stage;
  report.recipients = {Reply{250, {"2.1.5 ok"}}};
  report.reply = std::move(reply);
  if (!report.reply) report.error = "connection closed by peer";
  return report;
}

struct Case {
  Stage stage;
  std::optional<Reply> reply;
  What what;
  std::string status;
};

TEST(Verdict, FollowsItsTableForATakenRecipient) {
  const Case cases[] = {
      {Stage::message, Reply{250, {"2.0.0 queued"}}, What::delivered, "2.0.0"},
      {Stage::message, Reply{250, {"queued"}}, What::delivered, "2.0.0"},
      {Stage::message, Reply{451, {"4.3.0 later"}}, What::deferred, "4.3.0"},
      {Stage::message, Reply{554, {"5.7.1 spam"}}, What::failed, "5.7.1"},
      {Stage::message, Reply{554, {"spam"}}, What::failed, "5.0.0"},
      {Stage::message, Reply{554, {"4.7.1 wrong class"}}, What::failed, "5.0.0"},
      {Stage::message, Reply{421, {"4.3.2 shutting down"}}, What::deferred, "4.3.2"},
      {Stage::message, std::nullopt, What::deferred, "4.4.2"},
      {Stage::data, Reply{451, {"no"}}, What::deferred, "4.0.0"},
      {Stage::data, Reply{554, {"no"}}, What::failed, "5.0.0"},
      {Stage::data, Reply{250, {"what data?"}}, What::deferred, "4.0.0"},
      {Stage::data, std::nullopt, What::deferred, "4.4.2"},
      {Stage::mail, Reply{452, {"4.3.1 full"}}, What::deferred, "4.3.1"},
      {Stage::mail, Reply{552, {"5.3.4 too big"}}, What::failed, "5.3.4"},
      {Stage::mail, Reply{550, {"5.3.4 too big"}}, What::failed, "5.3.4"},
      {Stage::mail, std::nullopt, What::deferred, "4.4.2"},
  };
  for (const Case& c : cases) {
    const Judgement judgement = judge(ended_at(c.stage, c.reply));
    SCOPED_TRACE(c.reply ? c.reply->text() : "nothing");
    EXPECT_FALSE(judgement.untouched);
    EXPECT_FALSE(judgement.held);
    ASSERT_EQ(judgement.recipients.size(), 1u);
    EXPECT_EQ(judgement.recipients[0].what, c.what);
    EXPECT_EQ(judgement.recipients[0].status, c.status);
  }
}

TEST(Verdict, RefusedSenderHoldsTheMessage) {
  const Judgement judgement = judge(ended_at(Stage::mail, Reply{550, {"5.7.1 not you"}}));
  EXPECT_TRUE(judgement.held);
  EXPECT_EQ(judgement.reply, "550 5.7.1 not you");
  EXPECT_TRUE(judgement.recipients.empty());
}

TEST(Verdict, NothingBeforeMailTouchesAMessage) {
  EXPECT_TRUE(judge(ended_at(Stage::rset, std::nullopt)).untouched);
  EXPECT_TRUE(judge(ended_at(Stage::rset, Reply{421, {"bye"}})).untouched);
}

TEST(Verdict, LostReplyAfterTheFinalDotMayBeADelivery) {
  TransactionReport report = ended_at(Stage::message, std::nullopt);
  report.dot_sent = true;
  EXPECT_EQ(judge(report).recipients[0].what, What::possibly_delivered);
  EXPECT_TRUE(judge(report).interrupted);
}

TEST(Verdict, EachRecipientHasItsOwn) {
  TransactionReport report = ended_at(Stage::message, Reply{250, {"2.0.0 queued"}});
  report.recipients = {Reply{550, {"5.1.1 who?"}}, Reply{250, {"ok"}}, Reply{451, {"later"}}, std::nullopt};
  const Judgement judgement = judge(report);
  EXPECT_EQ(judgement.recipients[0].what, What::failed);
  EXPECT_EQ(judgement.recipients[0].reply, "550 5.1.1 who?");
  EXPECT_EQ(judgement.recipients[1].what, What::delivered);
  EXPECT_EQ(judgement.recipients[2].what, What::deferred);
  EXPECT_EQ(judgement.recipients[3].what, What::deferred);
  EXPECT_FALSE(judgement.interrupted);
}

TEST(Verdict, RecipientsRefusedBeforeALossStayRefused) {
  TransactionReport report = ended_at(Stage::rcpt, std::nullopt);
  report.recipients = {Reply{550, {"5.1.1 who?"}}, std::nullopt};
  const Judgement judgement = judge(report);
  EXPECT_EQ(judgement.recipients[0].what, What::failed);
  EXPECT_EQ(judgement.recipients[1].what, What::deferred);
  EXPECT_EQ(judgement.recipients[1].reply, "connection closed by peer");
  EXPECT_TRUE(judgement.interrupted);
}

TEST(Verdict, A421InTheMiddleIsAnInterruption) {
  EXPECT_TRUE(judge(ended_at(Stage::data, Reply{421, {"bye"}})).interrupted);
  EXPECT_TRUE(judge(ended_at(Stage::data, Reply{250, {"what data?"}})).interrupted);
  EXPECT_FALSE(judge(ended_at(Stage::data, Reply{451, {"later"}})).interrupted);
}

}  // namespace
}  // namespace mailchute::relay
