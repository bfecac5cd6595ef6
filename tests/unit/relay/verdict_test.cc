// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/verdict.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <tuple>
#include <utility>

#include "base/text.h"

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
      {Stage::message, Reply{552, {"5.7.0 blocked for its content"}}, What::failed, "5.7.0"},
      {Stage::message, Reply{354, {"more"}}, What::deferred, "4.0.0"},
      {Stage::message, std::nullopt, What::deferred, "4.4.2"},
      {Stage::data, Reply{451, {"no"}}, What::deferred, "4.0.0"},
      {Stage::data, Reply{554, {"no"}}, What::failed, "5.0.0"},
      {Stage::data, Reply{250, {"what data?"}}, What::deferred, "4.0.0"},
      {Stage::data, std::nullopt, What::deferred, "4.4.2"},
      {Stage::mail, Reply{450, {"4.1.8 your domain?"}}, What::deferred, "4.1.8"},
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

using Host = Judgement::Host;

TransactionReport refused_at_rcpt(std::vector<std::optional<Reply>> replies) {
  TransactionReport report = ended_at(Stage::rcpt, std::nullopt);
  report.recipients = std::move(replies);
  report.error.clear();
  return report;
}

TransactionReport refused_at(Stage stage, const Reply& reply) {
  return stage == Stage::rcpt ? refused_at_rcpt({reply}) : ended_at(stage, reply);
}

TEST(Verdict, RefusedSenderHoldsTheMessageWhereverThatIsSaid) {
  const std::pair<Stage, Reply> cases[] = {
      {Stage::mail, {550, {"5.7.1 not you"}}},
      {Stage::mail, {550, {"not you"}}},
      {Stage::mail, {553, {"Mail from must equal authorized user"}}},
      {Stage::mail, {501, {"mail from address must be same as authorization user"}}},
      {Stage::mail, {550, {"4.7.1 wrong class"}}},
      {Stage::mail, {550, {"5.7.60 SMTP; Client does not have permissions to send as this sender"}}},
      {Stage::rcpt, {553, {"5.7.1 <me@here>: Sender address rejected: not owned by user web1"}}},
      {Stage::rcpt, {550, {"Sender verify failed"}}},
      {Stage::rcpt, {550, {"5.1.8 <me@here>: Domain not found"}}},
      {Stage::message, {550, {"5.7.60 SMTP; Client does not have permissions to send as this sender"}}},
      {Stage::message, {554, {"5.2.252 SendAsDenied; web1@here not allowed to send as me@here"}}},
      {Stage::message, {554, {"Message rejected: Email address is not verified."}}},
      {Stage::message, {530, {"From/Sender name is not valid"}}},
      {Stage::message, {550, {"The from address does not match a verified Sender Identity."}}},
  };
  for (const auto& [stage, reply] : cases) {
    const Judgement judgement = judge(refused_at(stage, reply));
    SCOPED_TRACE(reply.text());
    EXPECT_TRUE(judgement.held);
    EXPECT_EQ(judgement.host, Host::works);
    EXPECT_EQ(judgement.reply, reply.text());
    EXPECT_TRUE(judgement.recipients.empty());
  }
}

TEST(Verdict, WhatIsTheSmartHostsOwnTouchesNoMessage) {
  const std::tuple<Stage, Reply, Cause> cases[] = {
      {Stage::mail, {451, {"4.3.0 later"}}, Cause::trouble},
      {Stage::mail, {452, {"4.3.1 full"}}, Cause::trouble},
      {Stage::mail, {450, {"4.2.1 too fast"}}, Cause::trouble},
      {Stage::mail, {450, {"later"}}, Cause::trouble},
      {Stage::mail, {454, {"Throttling failure: Maximum sending rate exceeded."}}, Cause::trouble},
      {Stage::mail, {550, {"5.4.5 Daily sending quota exceeded"}}, Cause::trouble},
      {Stage::mail, {550, {"5.7.1 Invalid credentials for relay"}}, Cause::trouble},
      {Stage::mail, {503, {"5.5.1 EHLO first"}}, Cause::trouble},
      {Stage::mail, {555, {"5.5.4 unsupported option: SIZE"}}, Cause::trouble},
      {Stage::mail, {354, {"what?"}}, Cause::trouble},
      {Stage::mail, {454, {"4.7.0 cannot check now"}}, Cause::trouble},
      {Stage::mail, {530, {"5.7.0 Must issue a STARTTLS command first"}}, Cause::login},
      {Stage::mail, {530, {"5.5.1 Authentication Required"}}, Cause::login},
      {Stage::mail, {550, {"5.7.0 authenticate"}}, Cause::login},
      {Stage::rcpt, {530, {"Authentication required"}}, Cause::login},
      {Stage::rcpt, {554, {"5.7.8 authenticate"}}, Cause::login},
      {Stage::rcpt, {550, {"5.7.0 authenticate"}}, Cause::login},
      {Stage::rcpt, {553, {"5.7.1 <me@here>: Sender address rejected: not logged in"}}, Cause::login},
      {Stage::data, {530, {"5.7.0 authenticate"}}, Cause::login},
      {Stage::message, {530, {"5.7.57 Client not authenticated"}}, Cause::login},
      {Stage::message, {554, {"5.7.8 authenticate"}}, Cause::login},
  };
  for (const auto& [stage, reply, cause] : cases) {
    const Judgement judgement = judge(refused_at(stage, reply));
    SCOPED_TRACE(reply.text());
    EXPECT_EQ(judgement.host, Host::refuses);
    EXPECT_EQ(judgement.cause, cause);
    EXPECT_TRUE(judgement.untouched && judgement.alone && judgement.leave && !judgement.held);
    EXPECT_EQ(judgement.reply, reply.text());
  }
}

TEST(Verdict, A421AtMailOverAConnectionThatTookAMessageIsAboutTheConnection) {
  TransactionReport report = ended_at(Stage::mail, Reply{421, {"too many messages in this connection"}});
  EXPECT_EQ(judge(report).host, Host::interrupted);
  report.after_another = true;
  const Judgement judgement = judge(report);
  EXPECT_EQ(judgement.host, Host::had_enough);
  EXPECT_TRUE(judgement.untouched && !judgement.alone && judgement.slow_down);
  EXPECT_EQ(judge(report, true).host, Host::interrupted) << "what is blamed is told itself";
  report.stage = Stage::data;
  EXPECT_EQ(judge(report).host, Host::interrupted);
}

TEST(Verdict, AConnectionThatTookAMessageEndsBeforeTheSmartHostIsPaused) {
  for (const Reply& reply : {Reply{452, {"4.5.3 Too many messages sent"}}, Reply{503, {"5.5.1 what?"}}}) {
    TransactionReport report = refused_at(Stage::mail, reply);
    report.after_another = true;
    const Judgement judgement = judge(report);
    EXPECT_EQ(judgement.host, Host::had_enough);
    EXPECT_TRUE(judgement.untouched && judgement.leave && !judgement.alone);
    const Judgement own = judge(report, true);
    EXPECT_EQ(own.host, Host::works);
    EXPECT_TRUE(own.leave && !own.untouched) << "what is blamed is told itself, and the others go elsewhere";
  }
  TransactionReport login = refused_at(Stage::mail, Reply{530, {"5.7.0 Must issue a STARTTLS command first"}});
  login.after_another = true;
  EXPECT_EQ(judge(login).host, Host::refuses);
  EXPECT_FALSE(judge(refused_at(Stage::rcpt, Reply{450, {"4.2.0 grey"}})).leave);
}

TEST(Verdict, WhatMayBeEitherIsDeferredUntilMoreIsKnown) {
  const std::pair<Stage, Reply> cases[] = {
      {Stage::rcpt, {554, {"5.7.1 <you@there>: Relay access denied"}}},
      {Stage::rcpt, {550, {"5.7.1 blocked"}}},
      {Stage::rcpt, {550, {"relay not permitted"}}},
      {Stage::rcpt, {553, {"sorry, not in my list of allowed rcpthosts (#5.7.1)"}}},
      {Stage::rcpt, {554, {"4.7.1 wrong class"}}},
      {Stage::rcpt, {450, {"4.7.1 too much"}}},
      {Stage::rcpt, {550, {"5.7.1 greylisted for good"}}},
      {Stage::rcpt, {550, {"5.4.5 Daily sending quota exceeded"}}},
      {Stage::rcpt, {503, {"5.5.1 MAIL first"}}},
      {Stage::data, {554, {"5.7.1 no"}}},
      {Stage::data, {503, {"5.5.1 RCPT first"}}},
      {Stage::message, {454, {"Throttling failure: Daily message quota exceeded."}}},
      {Stage::message, {432, {"4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"}}},
      {Stage::message, {554, {"5.7.0 Reject, id=12345-01"}}},
  };
  for (const auto& [stage, reply] : cases) {
    SCOPED_TRACE(reply.text());
    const Judgement judgement = judge(refused_at(stage, reply));
    EXPECT_EQ(judgement.host, Host::doubtful);
    ASSERT_EQ(judgement.recipients.size(), 1u);
    EXPECT_EQ(judgement.recipients[0].what, What::deferred);
    EXPECT_EQ(judgement.doubted, std::vector<std::size_t>{0});
    EXPECT_TRUE(judgement.alone && judgement.answered);
    const Judgement later = judge(refused_at(stage, reply), true);
    EXPECT_EQ(later.host, Host::works);
    EXPECT_EQ(later.recipients[0].what, reply.permanent() ? What::failed : What::deferred);
  }
}

TEST(Verdict, GreylistingIsAboutTheMessageThatMeetsIt) {
  for (const Stage stage : {Stage::rcpt, Stage::data, Stage::message}) {
    for (const char* words : {"4.7.1 Greylisting in action", "4.7.1 <you@there>: Greylisted", "Graylisted"}) {
      const Judgement judgement = judge(refused_at(stage, Reply{451, {words}}));
      EXPECT_EQ(judgement.host, Host::works) << words;
      EXPECT_EQ(judgement.recipients[0].what, What::deferred);
    }
  }
  EXPECT_EQ(judge(refused_at(Stage::mail, Reply{451, {"4.7.1 Greylisted"}})).host, Host::refuses);
}

TEST(Verdict, ARecipientIsRefusedForItsOwnSakeAtOnce) {
  for (const Reply& reply : {Reply{550, {"5.1.1 who?"}}, Reply{550, {"who?"}}, Reply{554, {"5.2.1 disabled"}},
                             Reply{550, {"5.1.1 <relay@there> who?"}}, Reply{552, {"5.2.2 full"}},
                             Reply{550, {"5.4.1 Recipient address rejected: Access denied"}}}) {
    const Judgement judgement = judge(refused_at_rcpt({reply}));
    SCOPED_TRACE(reply.text());
    EXPECT_EQ(judgement.host, Host::works);
    EXPECT_EQ(judgement.recipients[0].what, What::failed);
  }
}

TEST(Verdict, WhereSomeAreTakenARefusalOfAnotherIsItsOwn) {
  TransactionReport report = ended_at(Stage::message, Reply{250, {"2.0.0 queued"}});
  report.recipients = {Reply{250, {"ok"}}, Reply{554, {"5.7.1 no"}}, Reply{530, {"authenticate"}},
                       Reply{552, {"too many recipients"}}, Reply{452, {"4.5.3 too many recipients"}},
                       Reply{550, {"5.5.3 too many recipients"}}};
  const Judgement judgement = judge(report);
  EXPECT_TRUE(judgement.host == Host::works && judgement.took_it && !judgement.alone);
  const What expected[] = {What::delivered, What::failed, What::deferred, What::deferred, What::deferred, What::deferred};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(judgement.recipients[i].what, expected[i]) << i;
}

TEST(Verdict, InDoubtOnlyTheRecipientsConcernedAre) {
  Judgement judgement = judge(refused_at_rcpt({Reply{550, {"5.1.1 who?"}}, Reply{554, {"5.7.1 relay access denied"}}}));
  EXPECT_EQ(judgement.host, Host::doubtful);
  EXPECT_EQ(judgement.recipients[0].what, What::failed);
  EXPECT_EQ(judgement.recipients[1].what, What::deferred);
  EXPECT_EQ(judgement.doubted, std::vector<std::size_t>{1});
  EXPECT_EQ(judgement.refusal, "X.7.1");
  judgement.acquit();
  EXPECT_FALSE(judgement.untouched) << "the other one has failed";

  judgement = judge(refused_at_rcpt({Reply{554, {"5.7.1 relay access denied"}}}));
  judgement.acquit();
  EXPECT_TRUE(judgement.untouched && judgement.recipients.empty());
  EXPECT_EQ(judgement.host, Host::refuses);
}

TEST(Verdict, RefusalsBeforeALossCountAsWithoutIt) {
  TransactionReport report = refused_at_rcpt({Reply{554, {"5.7.1 relay access denied"}}, std::nullopt});
  report.error = "connection closed by peer";
  const Judgement judgement = judge(report);
  EXPECT_EQ(judgement.host, Host::doubtful);
  EXPECT_EQ(judgement.recipients[0].what, What::deferred);
  EXPECT_EQ(judgement.recipients[1].what, What::deferred);
}

TEST(Verdict, ABlamedMessageIsNeverThePauseOfAll) {
  EXPECT_EQ(judge(ended_at(Stage::mail, Reply{451, {"4.3.0 later"}}), true).recipients[0].what, What::deferred);
  EXPECT_TRUE(judge(ended_at(Stage::mail, Reply{555, {"5.5.4 option"}}), true).held);
  EXPECT_EQ(judge(refused_at_rcpt({Reply{530, {"authenticate"}}}), true).recipients[0].what, What::deferred);
  EXPECT_EQ(judge(ended_at(Stage::mail, Reply{530, {"authenticate"}}), true).recipients[0].what, What::deferred);
}

TEST(Verdict, TheSmartHostMayAskForLess) {
  EXPECT_TRUE(judge(refused_at_rcpt({Reply{450, {"4.7.1 too fast"}}})).slow_down);
  EXPECT_TRUE(judge(ended_at(Stage::message, Reply{421, {"bye"}})).slow_down);
  EXPECT_TRUE(judge(ended_at(Stage::mail, Reply{450, {"4.7.28 rate"}})).slow_down);
  EXPECT_FALSE(judge(ended_at(Stage::message, Reply{451, {"4.3.0 later"}})).slow_down);
  EXPECT_FALSE(judge(refused_at_rcpt({Reply{554, {"5.7.1 no"}}})).slow_down);
}

TEST(Verdict, AnAttemptCountsAsAnsweredWhenAnythingWasSaidOfTheMessage) {
  EXPECT_FALSE(judge(ended_at(Stage::mail, std::nullopt)).answered);
  EXPECT_TRUE(judge(ended_at(Stage::mail, Reply{550, {"5.1.8 no"}})).answered);
  EXPECT_TRUE(judge(ended_at(Stage::rcpt, std::nullopt)).answered) << "MAIL was";
  EXPECT_TRUE(judge(ended_at(Stage::message, std::nullopt)).answered);
}

TEST(Verdict, WhatThisSideRefusesSaysNothingOfTheSmartHost) {
  TransactionReport report = ended_at(Stage::mail, Reply{552, {"5.3.4 too big"}});
  report.local = true;
  report.error = "the message has 2 octets, and the smart host takes 1";
  const Judgement judgement = judge(report);
  EXPECT_EQ(judgement.host, Host::unsaid);
  EXPECT_FALSE(judgement.answered);
  EXPECT_EQ(judgement.recipients[0].what, What::failed);
  EXPECT_EQ(judgement.recipients[0].status, "5.3.4");
  EXPECT_EQ(judgement.recipients[0].reply,
            "not sent: 5.3.4 the message has 2 octets, and the smart host takes 1");
}

TEST(Verdict, WhatPausesASmartHostHasOneOfThreeCauses) {
  using Trouble = smtp::Close::Trouble;
  EXPECT_EQ(cause_of(Trouble{Stage::auth, Reply{535, {"5.7.8 wrong"}}, ""}), Cause::login);
  EXPECT_EQ(cause_of(Trouble{Stage::auth, Reply{550, {"no"}}, ""}), Cause::login);
  EXPECT_EQ(cause_of(Trouble{Stage::ehlo, Reply{530, {"5.7.0 no"}}, ""}), Cause::login);
  EXPECT_EQ(cause_of(Trouble{Stage::auth, Reply{454, {"4.7.0 later"}}, ""}), Cause::trouble);
  EXPECT_EQ(cause_of(Trouble{Stage::auth, std::nullopt, "closed"}), Cause::trouble);
  EXPECT_EQ(cause_of(Trouble{Stage::connect, std::nullopt, "refused"}), Cause::silence);
  EXPECT_EQ(cause_of(Trouble{Stage::greeting, std::nullopt, "closed"}), Cause::silence);
  EXPECT_EQ(cause_of(Trouble{Stage::greeting, std::nullopt, "garbage", true}), Cause::trouble);
  EXPECT_EQ(cause_of(Trouble{Stage::greeting, Reply{554, {"5.7.1 blocked"}}, ""}), Cause::trouble);
}

TEST(Verdict, NothingBeforeMailTouchesAMessage) {
  EXPECT_TRUE(judge(ended_at(Stage::rset, std::nullopt)).untouched);
  EXPECT_TRUE(judge(ended_at(Stage::rset, Reply{421, {"bye"}})).untouched);
}

TEST(Verdict, LostReplyAfterTheFinalDotMayBeADelivery) {
  TransactionReport report = ended_at(Stage::message, std::nullopt);
  report.dot_sent = true;
  EXPECT_EQ(judge(report).recipients[0].what, What::possibly_delivered);
  EXPECT_EQ(judge(report).host, Host::interrupted);
}

std::string meaning_of(const std::string& where, const Reply& reply) {
  static const std::map<std::string, Stage> stages = {
      {"MAIL", Stage::mail}, {"RCPT", Stage::rcpt}, {"DATA", Stage::data}, {"end of message", Stage::message}};
  const auto paused = [](Cause cause) { return cause == Cause::login ? "paused, login" : "paused"; };
  if (where == "AUTH") return paused(cause_of({Stage::auth, reply, {}}));
  const Judgement judgement = judge(refused_at(stages.at(where), reply));
  if (judgement.host == Host::refuses) return paused(judgement.cause);
  if (judgement.host == Host::doubtful) return "in doubt";
  return judgement.held ? "held" : std::string(name_of(judgement.recipients.at(0).what));
}

TEST(Verdict, IsWhatTheManualSays) {
  std::ifstream page("src/mailchuted/mailchuted.8");
  unsigned rows = 0;
  for (std::string line; std::getline(page, line);) {
    const auto where = line.find(" Ta "), meaning = line.rfind(" Ta ");
    if (!line.starts_with(".It ") || where == meaning || !is_digit(line[where + 4])) continue;
    const std::string reply = line.substr(where + 4, meaning - where - 4);
    ++rows;
    EXPECT_EQ(meaning_of(line.substr(4, where - 4), Reply{std::stoi(reply), {reply.substr(4)}}), line.substr(meaning + 4))
        << line;
  }
  EXPECT_EQ(rows, 26u);
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
  EXPECT_EQ(judgement.host, Host::works);
}

TEST(Verdict, RecipientsRefusedBeforeALossStayRefused) {
  TransactionReport report = ended_at(Stage::rcpt, std::nullopt);
  report.recipients = {Reply{550, {"5.1.1 who?"}}, std::nullopt};
  const Judgement judgement = judge(report);
  EXPECT_EQ(judgement.recipients[0].what, What::failed);
  EXPECT_EQ(judgement.recipients[1].what, What::deferred);
  EXPECT_EQ(judgement.recipients[1].reply, "connection closed by peer");
  EXPECT_EQ(judgement.host, Host::interrupted);
}

TEST(Verdict, A421InTheMiddleIsAnInterruption) {
  EXPECT_EQ(judge(ended_at(Stage::data, Reply{421, {"bye"}})).host, Host::interrupted);
  EXPECT_EQ(judge(ended_at(Stage::data, Reply{250, {"what data?"}})).host, Host::interrupted);
  EXPECT_EQ(judge(ended_at(Stage::data, Reply{451, {"later"}})).host, Host::works);
}

}  // namespace
}  // namespace mailchute::relay
