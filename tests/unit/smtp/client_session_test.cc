// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/client_session.h"

#include <gtest/gtest.h>

#include <functional>
#include <list>

namespace mailchute::smtp {
namespace {

// What the caller of the session does, without a network: answers each thing sent with the next
// replies, and writes down everything.
struct Played {
  std::string sent;  // with <message N> for a message and <tls> for a handshake
  std::vector<TransactionReport> reports;
  std::optional<Close> close;

  const TransactionReport& report(TransactionId id) const {
    for (const auto& report : reports) {
      if (report.id == id) return report;
    }
    throw std::out_of_range("no report");
  }
};

ClientSession::Options plain() {
  ClientSession::Options options;
  options.hostname = "here";
  options.starttls = false;
  return options;
}

Transaction message(TransactionId id, std::vector<std::string> recipients) {
  Transaction transaction;
  transaction.id = id;
  transaction.reverse_path = "me@here";
  for (auto& address : recipients) transaction.recipients.push_back({std::move(address), "", {}});
  transaction.size = 100;
  return transaction;
}

class Player {
 public:
  explicit Player(ClientSession::Options options) : session(std::move(options)) {}

  // Each string is what the server sends at once when it is the session's turn to wait: several
  // replies are separated by LF.
  void play_on(std::list<Transaction> transactions, const std::vector<std::string>& replies) {
    to_begin.splice(to_begin.end(), transactions);
    act();
    for (const std::string& reply : replies) {
      if (session.over()) break;
      session.on_octets(reply + "\r\n");
      act();
    }
  }

  // The same, and then the server hangs up.
  Played play(std::list<Transaction> transactions, const std::vector<std::string>& replies) {
    play_on(std::move(transactions), replies);
    if (!session.over()) session.on_closed("connection closed by peer");
    act();
    return std::move(played);
  }

  ClientSession session;
  bool tls_verified = true;
  Played played;
  std::list<Transaction> to_begin;

 private:
  void act() {
    for (;;) {
      while (auto action = session.next()) std::visit([this](auto& what) { on(what); }, *action);
      if (to_begin.empty() || !session.wants_transaction()) return;
      session.begin(std::move(to_begin.front()));
      to_begin.pop_front();
    }
  }
  void on(Send& send) { played.sent += send.octets; }
  void on(SendMessage& message) {
    played.sent += "<message " + std::to_string(message.id) + ">\r\n";
    session.on_message_sent(message.id);
  }
  void on(StartTls&) {
    played.sent += "<tls>\r\n";
    session.on_tls(tls_verified);
  }
  void on(Ready&) {}
  void on(TransactionReport& report) { played.reports.push_back(std::move(report)); }
  void on(Close& close) { played.close = std::move(close); }
};

Played play(std::list<Transaction> transactions, const std::vector<std::string>& replies,
            ClientSession::Options options = plain()) {
  return Player(std::move(options)).play(std::move(transactions), replies);
}

std::list<Transaction> one() {
  std::list<Transaction> transactions;
  transactions.push_back(message(1, {"you@there"}));
  return transactions;
}

std::list<Transaction> two() {
  std::list<Transaction> transactions = one();
  transactions.push_back(message(2, {"they@there"}));
  return transactions;
}

const std::string kPipelining = "250-there\r\n250 PIPELINING";

TEST(ClientSession, SaysOneCommandAtATimeWithoutPipelining) {
  auto played = play(one(), {"220 hi", "250 there", "250 ok", "250 ok", "250 ok", "354 go", "250 queued"});
  EXPECT_EQ(played.sent, "EHLO here\r\nRSET\r\nMAIL FROM:<me@here>\r\nRCPT TO:<you@there>\r\nDATA\r\n<message 1>\r\n");
  EXPECT_EQ(played.report(1).stage, Stage::message);
  EXPECT_EQ(played.report(1).reply->code, 250);
  EXPECT_TRUE(played.report(1).recipients[0]->completed());
}

TEST(ClientSession, WaitsForEachReplyWithoutPipelining) {
  ClientSession session(plain());
  session.on_octets("220 hi\r\n250 there\r\n");
  session.begin(message(1, {"a@b", "c@d"}));
  std::string sent;
  while (auto action = session.next()) {
    if (auto* send = std::get_if<Send>(&*action)) sent += send->octets;
  }
  EXPECT_EQ(sent, "EHLO here\r\nRSET\r\n");
  EXPECT_EQ(session.waiting_for(), Stage::rset);
}

TEST(ClientSession, NextGroupRidesBehindTheFinalDot) {
  auto played = play(two(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go"});
  EXPECT_EQ(played.sent,
            "EHLO here\r\n"
            "RSET\r\nMAIL FROM:<me@here>\r\nRCPT TO:<you@there>\r\nDATA\r\n<message 1>\r\n"
            "RSET\r\nMAIL FROM:<me@here>\r\nRCPT TO:<they@there>\r\nDATA\r\n");
}

TEST(ClientSession, OneMessageAtMostIsUnanswered) {
  Player player(plain());
  auto three = two();
  three.push_back(message(3, {"x@y"}));
  auto played = player.play(std::move(three), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go"});
  EXPECT_EQ(played.sent.find("x@y"), std::string::npos);
  EXPECT_EQ(player.to_begin.size(), 1u);
}

TEST(ClientSession, RepliesOfTwoTransactionsAreNotMixedUp) {
  auto played = play(two(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go",
                             "451 4.3.0 not now\r\n250 r\r\n250 m\r\n250 t\r\n354 go", "250 queued"});
  EXPECT_EQ(played.report(1).reply->code, 451);
  EXPECT_EQ(played.report(2).reply->code, 250);
  EXPECT_EQ(played.report(2).stage, Stage::message);
}

TEST(ClientSession, RefusedRecipientDoesNotStopTheOthers) {
  std::list<Transaction> transactions;
  transactions.push_back(message(1, {"bad@there", "good@there"}));
  auto played = play(std::move(transactions), {"220 hi", "250 there", "250 ok", "250 ok", "550 5.1.1 who?",
                                               "250 ok", "354 go on", "250 queued"});
  EXPECT_EQ(played.report(1).recipients[0]->code, 550);
  EXPECT_EQ(played.report(1).recipients[1]->code, 250);
  EXPECT_EQ(played.report(1).reply->code, 250);
}

TEST(ClientSession, AllRecipientsRefusedInAPipelineWith354GetsAnEmptyMessage) {
  auto played = play(two(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n550 no\r\n354 go", "554 no recipients",
                             "250 r\r\n250 m\r\n250 t\r\n354 go", "250 queued"});
  EXPECT_EQ(played.sent,
            "EHLO here\r\n"
            "RSET\r\nMAIL FROM:<me@here>\r\nRCPT TO:<you@there>\r\nDATA\r\n.\r\n"
            "RSET\r\nMAIL FROM:<me@here>\r\nRCPT TO:<they@there>\r\nDATA\r\n<message 2>\r\n");
  EXPECT_EQ(played.report(1).stage, Stage::rcpt);
  EXPECT_EQ(played.report(1).recipients[0]->code, 550);
  EXPECT_FALSE(played.report(1).reply);
  EXPECT_EQ(played.report(2).reply->code, 250);
}

TEST(ClientSession, PositiveReplyToAnEmptyMessageIsNoDelivery) {
  auto played = play(one(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n550 no\r\n354 go", "250 queued"});
  EXPECT_EQ(played.report(1).stage, Stage::rcpt);
  EXPECT_FALSE(played.report(1).reply);
}

TEST(ClientSession, AllRecipientsRefusedWithoutPipeliningEndsTheTransaction) {
  auto played = play(two(), {"220 hi", "250 there", "250 r", "250 m", "550 no", "250 r", "250 m", "250 t",
                             "354 go", "250 queued"});
  EXPECT_EQ(played.report(1).stage, Stage::rcpt);
  EXPECT_EQ(played.report(2).reply->code, 250);
}

TEST(ClientSession, RefusedMailInAPipelineFailsOnlyItsOwnTransaction) {
  auto played = play(two(), {"220 hi", kPipelining, "250 r\r\n550 5.7.1 not you\r\n503 mail?\r\n503 rcpt?",
                             "250 r\r\n250 m\r\n250 t\r\n354 go", "250 queued"});
  EXPECT_EQ(played.report(1).stage, Stage::mail);
  EXPECT_EQ(played.report(1).reply->code, 550);
  EXPECT_EQ(played.report(2).reply->code, 250);
}

TEST(ClientSession, SaysWhetherAnotherMessageWasTakenOverTheSameConnection) {
  auto refused = play(two(), {"220 hi", kPipelining, "250 r\r\n452 no\r\n503 mail?\r\n503 rcpt?", "250 r\r\n452 no"});
  EXPECT_FALSE(refused.report(1).after_another);
  EXPECT_FALSE(refused.report(2).after_another);
  auto taken = play(two(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go", "250 queued\r\n250 r\r\n452 no"});
  EXPECT_FALSE(taken.report(1).after_another);
  EXPECT_TRUE(taken.report(2).after_another);
}

// A server that goes on with the reverse-path of the transaction before.
TEST(ClientSession, MessageIsNeverSentAfterRefusedMail) {
  auto played = play(two(), {"220 hi", kPipelining, "250 r\r\n550 no\r\n250 t\r\n354 go"});
  EXPECT_EQ(played.sent.find("<message"), std::string::npos);
  EXPECT_EQ(played.report(1).stage, Stage::mail);
  EXPECT_EQ(played.report(1).reply->code, 550);
  ASSERT_TRUE(played.close && played.close->trouble);
  EXPECT_TRUE(played.close->trouble->server_fault);
}

TEST(ClientSession, RefusedRsetEndsTheSessionAndTouchesNoMessage) {
  auto played = play(two(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go",
                             "250 queued\r\n502 what?\r\n250 m\r\n250 t\r\n354 go"});
  EXPECT_EQ(played.report(1).reply->code, 250);
  EXPECT_EQ(played.report(2).stage, Stage::rset);
  EXPECT_EQ(played.sent.find("<message 2>"), std::string::npos);
  EXPECT_EQ(played.close->trouble->stage, Stage::rset);
}

TEST(ClientSession, OddAnswerToDataIsNoDelivery) {
  auto played = play(one(), {"220 hi", "250 there", "250 r", "250 m", "250 t", "250 what data?"});
  EXPECT_EQ(played.report(1).stage, Stage::data);
  EXPECT_TRUE(played.close->trouble->server_fault);
  EXPECT_EQ(played.sent.find("<message"), std::string::npos);
}

TEST(ClientSession, ReplyThatNobodyWaitsForEndsTheSession) {
  Player player(plain());
  auto played = player.play(two(), {"220 hi", "250 there", "250 r", "250 m", "250 t", "354 go", "250 queued\r\n250 twice"});
  EXPECT_EQ(played.report(1).reply->code, 250);
  EXPECT_EQ(player.to_begin.size(), 1u);
  ASSERT_TRUE(played.close->trouble);
  EXPECT_TRUE(played.close->trouble->server_fault);
}

TEST(ClientSession, UnaskedReplyWhileIdleIsTheServersFault) {
  auto played = play({}, {"220 hi", "250 there", "250 surprise"});
  ASSERT_TRUE(played.close->trouble);
  EXPECT_TRUE(played.close->trouble->server_fault);
}

TEST(ClientSession, IdleConnectionMayBeClosedWithOrWithout421) {
  EXPECT_FALSE(play({}, {"220 hi", "250 there", "421 4.4.2 idle too long"}).close->trouble);
  EXPECT_FALSE(play({}, {"220 hi", "250 there"}).close->trouble);
}

TEST(ClientSession, LostFinalReplyIsReportedAsSuch) {
  auto played = play(one(), {"220 hi", "250 there", "250 r", "250 m", "250 t", "354 go"});
  EXPECT_EQ(played.report(1).stage, Stage::message);
  EXPECT_FALSE(played.report(1).reply);
  EXPECT_TRUE(played.report(1).dot_sent);
  EXPECT_EQ(played.report(1).error, "connection closed by peer");
}

TEST(ClientSession, AWithdrawnRiderIsUntouchedAndTheSessionEndsWithTheAwaitedReply) {
  Player player(plain());
  auto& session = player.session;
  player.play_on(two(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go"});
  ASSERT_TRUE(session.has_rider());
  EXPECT_EQ(session.waiting_transaction(), TransactionId{1});
  session.withdraw_rider();
  player.play_on({}, {});
  ASSERT_EQ(player.played.reports.size(), 1u);
  EXPECT_EQ(player.played.report(2).stage, Stage::rset);
  EXPECT_FALSE(session.has_rider());
  EXPECT_FALSE(session.wants_transaction());
  player.play_on({}, {"250 queued\r\n250 r\r\n250 m\r\n250 t\r\n354 go"});
  EXPECT_TRUE(player.played.report(1).reply->completed());
  ASSERT_TRUE(player.played.close);
  EXPECT_FALSE(player.played.close->trouble);
  EXPECT_EQ(player.played.sent.find("<message 2>"), std::string::npos);
}

TEST(ClientSession, LossAfterAWithdrawalConcernsTheFirstAlone) {
  Player player(plain());
  player.play_on(two(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go"});
  player.session.withdraw_rider();
  auto played = player.play({}, {});
  ASSERT_EQ(played.reports.size(), 2u);
  EXPECT_TRUE(played.report(1).dot_sent);
  EXPECT_FALSE(played.report(1).reply);
}

TEST(ClientSession, LossBehindTheFinalDotLeavesTheNextMessageUntouched) {
  auto played = play(two(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go"});
  EXPECT_TRUE(played.report(1).dot_sent);
  EXPECT_EQ(played.report(2).stage, Stage::rset);
  EXPECT_FALSE(played.report(2).dot_sent);
}

TEST(ClientSession, LossIsReportedAtEachStage) {
  const std::vector<std::string> replies{"220 hi", "250 there", "250 r", "250 m", "250 t", "354 go"};
  const Stage stages[] = {Stage::rset, Stage::mail, Stage::rcpt, Stage::data, Stage::message};
  for (std::size_t answered = 2; answered <= replies.size(); ++answered) {
    auto played = play(one(), {replies.begin(), replies.begin() + static_cast<std::ptrdiff_t>(answered)});
    EXPECT_EQ(played.report(1).stage, stages[answered - 2]) << answered;
    EXPECT_EQ(played.report(1).error, "connection closed by peer");
    EXPECT_EQ(played.report(1).dot_sent, answered == replies.size());
  }
}

TEST(ClientSession, A421IsKeptAtItsStageAndEndsTheSession) {
  auto played = play(two(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go", "421 4.3.2 shutting down"});
  EXPECT_EQ(played.report(1).reply->code, 421);
  EXPECT_EQ(played.report(2).stage, Stage::rset);
  EXPECT_EQ(played.close->trouble->reply->code, 421);
}

TEST(ClientSession, RefusalInTheMiddleOfAMessageStandsAndEndsTheSession) {
  ClientSession session(plain());
  session.on_octets("220 hi\r\n250 there\r\n");
  session.begin(message(1, {"a@b"}));
  session.on_octets("250 r\r\n");
  session.on_octets("250 m\r\n");
  session.on_octets("250 t\r\n");
  session.on_octets("354 go\r\n");
  session.on_octets("552 5.3.4 too much\r\n");
  std::optional<TransactionReport> report;
  while (auto action = session.next()) {
    if (auto* found = std::get_if<TransactionReport>(&*action)) report = std::move(*found);
  }
  ASSERT_TRUE(report && report->reply);
  EXPECT_EQ(report->reply->code, 552);
  EXPECT_FALSE(report->dot_sent);
  EXPECT_TRUE(session.over());
}

TEST(ClientSession, ThanksForHalfAMessageIsNoDelivery) {
  ClientSession session(plain());
  session.on_octets("220 hi\r\n250 there\r\n");
  session.begin(message(1, {"a@b"}));
  for (const char* reply : {"250 r\r\n", "250 m\r\n", "250 t\r\n", "354 go\r\n", "250 thanks\r\n"}) session.on_octets(reply);
  std::optional<TransactionReport> report;
  while (auto action = session.next()) {
    if (auto* found = std::get_if<TransactionReport>(&*action)) report = std::move(*found);
  }
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->reply);
  EXPECT_FALSE(report->dot_sent);
}

TEST(ClientSession, MessageBeyondTheSizeLimitIsNotSent) {
  std::list<Transaction> transactions = two();
  transactions.front().size = 5001;
  auto played = play(std::move(transactions), {"220 hi", "250-there\r\n250 SIZE 5000", "250 r", "250 m", "250 t", "354 go", "250 queued"});
  EXPECT_EQ(played.report(1).reply->text(), "552 5.3.4 too large");
  EXPECT_EQ(played.report(1).error, "the message has 5001 octets, and the smart host takes 5000");
  EXPECT_TRUE(played.report(1).local);
  EXPECT_EQ(played.report(2).reply->code, 250);
  EXPECT_EQ(played.sent.find("you@there"), std::string::npos);
}

TEST(ClientSession, DeclaresSizeAndEightBitWhereOffered) {
  auto transactions = one();
  transactions.front().eight_bit = true;
  auto played = play(std::move(transactions), {"220 hi", "250-there\r\n250-SIZE\r\n250 8BITMIME", "250 r"});
  EXPECT_NE(played.sent.find("MAIL FROM:<me@here> SIZE=100 BODY=8BITMIME\r\n"), std::string::npos);
}

TEST(ClientSession, PassesOnWhatTheSenderWantsToHearOf) {
  const auto with_wishes = [] {
    auto transactions = one();
    Transaction& it = transactions.front();
    it.ret = mail::Return::headers;
    it.envelope_id = "12+2B34";
    it.recipients[0].notify.success = it.recipients[0].notify.delay = true;
    it.recipients[0].original = "rfc822;root@here";
    return transactions;
  };
  const auto told = play(with_wishes(), {"220 hi", "250-there\r\n250 DSN", "250 r", "250 m"});
  EXPECT_NE(told.sent.find("MAIL FROM:<me@here> RET=HDRS ENVID=12+2B34\r\n"), std::string::npos) << told.sent;
  EXPECT_NE(told.sent.find("RCPT TO:<you@there> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;root@here\r\n"), std::string::npos)
      << told.sent;
  const auto untold = play(with_wishes(), {"220 hi", "250 there", "250 r", "250 m"});
  EXPECT_NE(untold.sent.find("MAIL FROM:<me@here>\r\nRCPT TO:<you@there>\r\n"), std::string::npos) << untold.sent;
}

TEST(ClientSession, FallsBackToHelo) {
  auto played = play(one(), {"220 hi", "502 ehlo?", "250 there", "250 r"});
  EXPECT_EQ(played.sent, "EHLO here\r\nHELO here\r\nRSET\r\nMAIL FROM:<me@here>\r\n");
}

TEST(ClientSession, TroubleBeforeMailNamesItsStageAndTouchesNoMessage) {
  struct Case { std::vector<std::string> replies; Stage stage; };
  const Case cases[] = {
      {{"554 go away"}, Stage::greeting},
      {{"421 later"}, Stage::greeting},
      {{"220 hi", "421 later"}, Stage::ehlo},
      {{"220 hi", "502 no", "502 no"}, Stage::ehlo},
      {{}, Stage::greeting},
      {{"220 hi"}, Stage::ehlo},
      {{"220 hi", "garbage"}, Stage::ehlo},
  };
  for (const Case& c : cases) {
    auto played = play(one(), c.replies);
    ASSERT_TRUE(played.close && played.close->trouble);
    EXPECT_EQ(played.close->trouble->stage, c.stage);
    EXPECT_TRUE(played.reports.empty());
  }
}

ClientSession::Options secured() {
  ClientSession::Options options;
  options.hostname = "here";
  options.credentials = Credentials{"user", "pass"};
  return options;
}

TEST(ClientSession, AuthenticatesAfterStartTlsWithWhatTheSecondEhloOffers) {
  auto played = play(one(), {"220 hi", "250-there\r\n250-AUTH LOGIN\r\n250 STARTTLS", "220 go", "250-there\r\n250 AUTH PLAIN LOGIN", "235 ok", "250 r"}, secured());
  EXPECT_EQ(played.sent, "EHLO here\r\nSTARTTLS\r\n<tls>\r\nEHLO here\r\nAUTH PLAIN AHVzZXIAcGFzcw==\r\nRSET\r\nMAIL FROM:<me@here>\r\n");
}

TEST(ClientSession, SpeaksAuthLogin) {
  auto played = play({}, {"220 hi", "250-there\r\n250 STARTTLS", "220 go", "250-there\r\n250 AUTH LOGIN", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"}, secured());
  EXPECT_EQ(played.sent, "EHLO here\r\nSTARTTLS\r\n<tls>\r\nEHLO here\r\nAUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n");
  EXPECT_FALSE(played.close->trouble);
}

TEST(ClientSession, NothingInjectedBeforeTheHandshakeIsBelieved) {
  auto played = play({}, {"220 hi", "250-there\r\n250 STARTTLS", "220 go\r\n250-there\r\n250 AUTH PLAIN\r\n235 ok"}, secured());
  EXPECT_EQ(played.sent, "EHLO here\r\nSTARTTLS\r\n<tls>\r\nEHLO here\r\n");
}

TEST(ClientSession, GoesNoFurtherWithoutStartTls) {
  auto played = play(one(), {"220 hi", "250-there\r\n250 AUTH PLAIN"}, secured());
  EXPECT_EQ(played.sent, "EHLO here\r\n");
  EXPECT_EQ(played.close->trouble->stage, Stage::starttls);
}

TEST(ClientSession, ThePasswordNeedsAVerifiedCertificate) {
  Player player(secured());
  player.tls_verified = false;
  auto played = player.play({}, {"220 hi", "250-there\r\n250 STARTTLS", "220 go", "250-there\r\n250 AUTH PLAIN"});
  EXPECT_EQ(played.sent.find("AUTH PLAIN"), std::string::npos);
  EXPECT_EQ(played.close->trouble->stage, Stage::auth);
}

TEST(ClientSession, ThePasswordNeedsTlsUnlessTheConfigurationSaysOtherwise) {
  auto options = secured();
  options.starttls = false;
  EXPECT_EQ(play({}, {"220 hi", "250-there\r\n250 AUTH PLAIN"}, options).close->trouble->stage, Stage::auth);
  options.send_password_unprotected = true;
  EXPECT_EQ(play({}, {"220 hi", "250-there\r\n250 AUTH PLAIN"}, options).sent, "EHLO here\r\nAUTH PLAIN AHVzZXIAcGFzcw==\r\n");
}

TEST(ClientSession, APasswordThatTheServerRepeatsIsKeptOutOfWhatIsReported) {
  for (const char* words : {"535 AHVzZXIAcGFzcw== is bad", "500 what is AUTH PLAIN AHVzZXIA", "535 PASS?", "no code, but AHVzZXIAcGFzcw=="}) {
    auto played = play(one(), {"220 hi", "250-there\r\n250 STARTTLS", "220 go", "250-there\r\n250 AUTH PLAIN", words}, secured());
    ASSERT_TRUE(played.close->trouble) << words;
    EXPECT_TRUE(played.close->trouble->text.ends_with("words that repeat the password")) << played.close->trouble->text;
  }
}

TEST(ClientSession, RefusedPasswordIsTroubleAtAuth) {
  auto played = play(one(), {"220 hi", "250-there\r\n250 STARTTLS", "220 go", "250-there\r\n250 AUTH PLAIN", "535 5.7.8 wrong"}, secured());
  EXPECT_EQ(played.close->trouble->stage, Stage::auth);
  EXPECT_EQ(played.close->trouble->reply->code, 535);
  EXPECT_EQ(played.close->trouble->text.find("pass"), std::string::npos);
}

TEST(ClientSession, QuitLeavesAfterWhatIsInFlight) {
  Player player(plain());
  player.session.quit();
  auto played = player.play(one(), {"220 hi", "250 there", "221 bye"});
  EXPECT_EQ(played.sent, "EHLO here\r\nQUIT\r\n");
  EXPECT_FALSE(played.close->trouble);
}

TEST(ClientSession, TimeLimitsBelongToWhatIsWaitedFor) {
  ClientSession session(plain());
  EXPECT_EQ(session.waiting_for(), Stage::greeting);
  session.on_octets("220 hi\r\n");
  EXPECT_EQ(session.waiting_for(), Stage::ehlo);
  session.on_octets("250 there\r\n");
  EXPECT_FALSE(session.waiting_for());
  session.begin(message(1, {"a@b"}));
  session.on_timeout();
  EXPECT_TRUE(session.over());
}

TEST(ClientSession, TlsFromTheStartHasTheHandshakesTimeLimitBeforeTheGreetings) {
  auto options = plain();
  options.tls_from_start = true;
  ClientSession session(options);
  EXPECT_EQ(session.waiting_for(), Stage::tls);
  EXPECT_FALSE(session.established());
  session.on_tls(true);
  EXPECT_EQ(session.waiting_for(), Stage::greeting);
  EXPECT_FALSE(session.next()) << "the greeting comes first";
  session.on_octets("220 hi\r\n250 there\r\n");
  EXPECT_TRUE(session.established());
}

TEST(ClientSession, GivesTheSameAnswerHoweverRepliesAreCut) {
  const std::string all = "220 hi\r\n250-there\r\n250 PIPELINING\r\n";
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    ClientSession session(plain());
    session.on_octets(all.substr(0, cut));
    session.on_octets(all.substr(cut));
    EXPECT_TRUE(session.wants_transaction()) << cut;
    EXPECT_TRUE(session.extensions().pipelining);
  }
}

Transaction with_wishes(TransactionId id, Capabilities without) {
  Transaction transaction = message(id, {"you@there"});
  transaction.recipients[0].notify.success = true;
  transaction.eight_bit = transaction.smtp_utf8 = true;
  transaction.ret = mail::Return::headers;
  transaction.without = std::move(without);
  return transaction;
}

const std::string kEverything = "250-there\r\n250-PIPELINING\r\n250-SIZE\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN";
const Capabilities kAll{Capability::pipelining, Capability::size, Capability::eight_bit_mime, Capability::smtp_utf8,
                        Capability::dsn};

TEST(ClientSession, SaysWhatItHasMadeUseOf) {
  const auto played = play({with_wishes(1, {})}, {"220 hi", kEverything, "250 r\r\n555 SIZE?\r\n503 m?\r\n503 m?"});
  EXPECT_EQ(played.report(1).at_mail, (Capabilities{Capability::size, Capability::eight_bit_mime, Capability::smtp_utf8,
                                                    Capability::dsn}));
  EXPECT_EQ(played.report(1).wishes, std::vector<bool>{true});
  EXPECT_TRUE(played.report(1).pipelined);
  EXPECT_TRUE(played.report(1).left_off.empty());
}

TEST(ClientSession, LeavesOffWhatATransactionIsToDoWithout) {
  const auto played = play({with_wishes(1, kAll)}, {"220 hi", kEverything, "250 r", "250 m", "250 t", "354 go", "250 queued"});
  EXPECT_EQ(played.sent, "EHLO here\r\nRSET\r\nMAIL FROM:<me@here>\r\nRCPT TO:<you@there>\r\nDATA\r\n<message 1>\r\n");
  EXPECT_EQ(played.report(1).left_off, kAll);
  EXPECT_TRUE(played.report(1).at_mail.empty());
  EXPECT_EQ(played.report(1).wishes, std::vector<bool>{false});
  EXPECT_FALSE(played.report(1).pipelined);
  const auto unneeded = play({message(1, {"you@there"})}, {"220 hi", "250-there\r\n250 DSN"});
  EXPECT_TRUE(unneeded.report(1).left_off.empty());
}

TEST(ClientSession, ATransactionWithoutPipeliningWaitsForTheOneBeforeIt) {
  std::list<Transaction> both{message(1, {"you@there"}), with_wishes(2, kAll)};
  const auto played = play(std::move(both), {"220 hi", kPipelining, "250 r\r\n250 m\r\n250 t\r\n354 go", "250 queued",
                                             "250 r", "250 m", "250 t", "354 go", "250 queued"});
  EXPECT_TRUE(played.sent.ends_with("<message 1>\r\nRSET\r\nMAIL FROM:<me@here>\r\nRCPT TO:<you@there>\r\nDATA\r\n"
                                    "<message 2>\r\n"));
  EXPECT_EQ(played.report(2).stage, Stage::message);
}

TEST(ClientSession, TellsWhereTheConnectionWasDropped) {
  EXPECT_TRUE(play(one(), {"220 hi", kPipelining, "250 r"}).report(1).dropped);
  EXPECT_TRUE(play(one(), {"220 hi", kPipelining, "554 synchronisation error"}).report(1).dropped);
  EXPECT_FALSE(play(one(), {"220 hi", kPipelining, "421 bye"}).report(1).dropped);
  EXPECT_FALSE(play(one(), {"220 hi", kPipelining, "250 r\r\n250 m\r\n421 bye"}).report(1).dropped);
  const auto second = play(two(), {"220 hi", "250 there", "250 r", "250 m", "250 t", "354 go", "250 queued"});
  EXPECT_FALSE(second.report(2).dropped) << "the connection was not new";
}

}  // namespace
}  // namespace mailchute::smtp
