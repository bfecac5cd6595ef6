// SPDX-License-Identifier: GPL-3.0-or-later
// Lines, messages and bounds; what the commands do is in server_commands_test.cc.
#include "smtp/server_session.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/smtp/server_dialog.h"

namespace mailchute::smtp {
namespace {

const std::string kEnd = "354 End the message with a dot on a line of its own\r\n";

// These come before or after the replies of one batch, as the octets are cut.
std::string without_marks(std::string heard) {
  for (const std::string mark : {"<begin>", "<abandon>", "<end>"})
    for (auto at = heard.find(mark); at != heard.npos; at = heard.find(mark))
      heard.erase(at, mark.size());
  return heard;
}

TEST(ServerSession, TakesAMessage) {
  ServerDialog dialog;
  EXPECT_EQ(dialog.hear(), "220 mx ESMTP\r\n");
  dialog.greeted();
  EXPECT_EQ(dialog.say("MAIL FROM:<me@here> RET=FULL\r\n"), "250 2.1.0 Ok\r\n");
  EXPECT_EQ(dialog.say("RCPT TO:<you@there> NOTIFY=NEVER\r\n"), "250 2.1.5 Ok\r\n");
  EXPECT_EQ(dialog.say("DATA\r\n"), "<begin>" + kEnd);
  EXPECT_EQ(dialog.say("Subject: x\r\n\r\n..dot\r\n"), "");
  EXPECT_EQ(dialog.say(".\r\n"), "<end>250 2.0.0 Queued as id\r\n");
  EXPECT_EQ(dialog.messages, std::vector<std::string>{"Subject: x\n\n.dot\n"});
  EXPECT_EQ(dialog.begun.envelope.reverse_path, "me@here");
  EXPECT_EQ(dialog.begun.envelope.ret, mail::Return::full);
  ASSERT_EQ(dialog.begun.envelope.recipients.size(), 1U);
  EXPECT_EQ(dialog.begun.envelope.recipients[0].address, "you@there");
  EXPECT_TRUE(dialog.begun.envelope.recipients[0].notify.never);
  EXPECT_EQ(dialog.begun.helo, "me");
  EXPECT_EQ(dialog.begun.protocol, "ESMTP");
}

TEST(ServerSession, KeepsNoOctetsThatAreDoneWith) {
  ServerDialog dialog;
  dialog.say("EHLO me\r\nN");
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(dialog.say("OOP " + std::string(200, 'x') + "\r\nN"), "250 2.0.0 Ok\r\n");
  }
  EXPECT_LT(dialog.session.held(), 500U);
}

TEST(ServerSession, BatchesTheRepliesToPipelinedCommands) {
  ServerDialog dialog;
  dialog.greeted();
  dialog.sends = 0;
  EXPECT_EQ(
      dialog.say("MAIL FROM:<a@b>\r\nRCPT TO:<bad\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
      "<begin>250 2.1.0 Ok\r\n501 5.1.3 Syntax: RCPT TO:<address>\r\n250 2.1.5 Ok\r\n" + kEnd);
  EXPECT_EQ(dialog.sends, 1U);
  EXPECT_EQ(
      dialog.say("one\r\n.\r\nRSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
      "<end><begin>250 2.0.0 Queued as id\r\n250 2.0.0 Ok\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n" +
          kEnd);
  EXPECT_EQ(dialog.sends, 2U);
  EXPECT_EQ(dialog.say("two\r\n.\r\nQUIT\r\n"),
            "<end>250 2.0.0 Queued as id\r\n221 2.0.0 mx closes the connection\r\n<close>");
  EXPECT_EQ(dialog.messages, (std::vector<std::string>{"one\n", "two\n"}));
}

TEST(ServerSession, SaysTheSameAtEveryCut) {
  const std::string script =
      "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n"
      "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 7\r\na\r\n.\r\n\rBDAT 5 LAST\r\n\nEND."
      "AUTH PLAIN\r\nBDAT 3 LAST\r\nNOOnonsense\r\nMAIL FROM:<a@b> SIZE=99\r\n"
      "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nmuch too\r\n..long\r\n.\r\n" +
      std::string(70, 'x') + "\r\nNOOP\r\nbare\nQUIT\r\nNOOP\r\n";
  ServerOptions options = everything();
  options.offered.size_limit = 12;
  options.max_line = 64;
  ServerDialog whole(options);
  const std::string expected = whole.hear() + whole.say(script);
  EXPECT_EQ(whole.messages, (std::vector<std::string>{"", "a\n.\n\nEND."}));

  for (std::size_t cut = 0; cut <= script.size(); ++cut) {
    ServerDialog dialog(options);
    std::string heard = dialog.hear() + dialog.say(script.substr(0, cut));
    heard += dialog.say(script.substr(cut));
    EXPECT_EQ(without_marks(heard), without_marks(expected)) << "cut at " << cut;
    EXPECT_EQ(dialog.messages, whole.messages) << "cut at " << cut;
  }
}

TEST(ServerSession, SaysTheSameToAnyTalkHoweverItIsCut) {
  const std::vector<std::string> words = {"EHLO me\r\n",
                                          "MAIL FROM:<a@b>\r\n",
                                          "RCPT TO:<c@d>\r\n",
                                          "DATA\r\n",
                                          ".\r\n",
                                          "\r\n.\r\n",
                                          "BDAT 5\r\n",
                                          "BDAT 0 LAST\r\n",
                                          "BDAT 9 LAST\r\n",
                                          "RSET\r\n",
                                          "AUTH PLAIN\r\n",
                                          "AUTH LOGIN bWU=\r\n",
                                          "c2VjcmV0\r\n",
                                          "*\r\n",
                                          "\n",
                                          "\r",
                                          ".",
                                          "NOOP\n",
                                          "text",
                                          "QUIT\r\n"};
  ServerOptions options = everything();
  options.offered.size_limit = 30;
  options.max_line = 60;
  std::mt19937 random(7);
  std::size_t messages = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string script = "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
    for (auto length = random() % 20; length > 0; --length)
      script += words[random() % words.size()];
    ServerDialog whole(options, true);
    ServerDialog pieces(options, true);
    const std::string expected = whole.hear() + whole.say(script);
    std::string heard = pieces.hear();
    for (std::string_view rest = script; !rest.empty();) {
      const auto piece = rest.substr(0, 1 + random() % 8);
      heard += pieces.say(piece);
      rest.remove_prefix(piece.size());
    }
    ASSERT_EQ(without_marks(heard), without_marks(expected)) << script;
    ASSERT_EQ(pieces.messages, whole.messages) << script;
    messages += whole.messages.size();
  }
  EXPECT_GT(messages, 500U);
}

TEST(ServerSession, IsNotSmuggledASecondMessage) {
  for (const char* end : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r", "\r\n\n.\r\n"}) {
    ServerDialog dialog;
    dialog.addressed().say("DATA\r\n");
    EXPECT_EQ(dialog.say("harmless" + std::string(end) +
                         "MAIL FROM:<evil@example>\r\nRCPT TO:<c@d>\r\nDATA\r\nsmuggled"),
              "")
        << testing::PrintToString(end);
    EXPECT_EQ(dialog.say("\r\n.\r\n"), "<end>250 2.0.0 Queued as id\r\n");
    ASSERT_EQ(dialog.messages.size(), 1U);
    EXPECT_NE(dialog.messages[0].find("evil"), std::string::npos);
  }
}

TEST(ServerSession, RefusesOddLinesAndGoesOn) {
  const std::string bare = "500 5.5.2 A line ends with CR and LF\r\n";
  const std::string control = "500 5.5.2 A line has no control characters\r\n";
  ServerDialog dialog;
  dialog.greeted();
  EXPECT_EQ(dialog.say("NOOP\nNOOP\r\n"), bare + "250 2.0.0 Ok\r\n");
  EXPECT_EQ(dialog.say("MAIL FROM:<a@b>\rRCPT TO:<c@d>\r\n"), control);
  EXPECT_EQ(dialog.say(std::string_view("NOOP \0\r\n", 8)), control);
  EXPECT_EQ(dialog.say("NOOP\r\r\n"), control);
}

TEST(ServerSession, TakesLfFromAPipeWhereToldTo) {
  ServerOptions options = everything();
  options.lf_allowed = true;
  ServerDialog dialog(options);
  EXPECT_EQ(dialog.say("HELO me\n"), "220 mx ESMTP\r\n250 mx\r\n");
  EXPECT_EQ(dialog.say("MAIL FROM:<root>\nRCPT TO:<you@there>\nDATA\nhi\n..\n.\nQUIT\n"),
            "<begin>250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n" + kEnd +
                "<end>250 2.0.0 Queued as id\r\n221 2.0.0 mx closes the connection\r\n<close>");
  EXPECT_EQ(dialog.messages, std::vector<std::string>{"hi\n.\n"});
  EXPECT_EQ(dialog.begun.protocol, "SMTP");
}

TEST(ServerSession, ItsFirstLineSaysHowLinesEnd) {
  ServerOptions options = everything();
  options.lf_allowed = true;
  ServerDialog with_crlf(options);
  with_crlf.addressed();
  EXPECT_EQ(with_crlf.say("NOOP\n"), "500 5.5.2 A line ends with CR and LF\r\n");
  with_crlf.say("DATA\r\n");
  EXPECT_EQ(with_crlf.say("a\n.\nMAIL FROM:<evil@example>\n\r\n.\nQUIT\n"), "");
  EXPECT_EQ(with_crlf.say("\r\n.\r\n"), "<end>250 2.0.0 Queued as id\r\n");
  ServerDialog with_lf(options);
  with_lf.say("EHLO me\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\nDATA\n");
  EXPECT_EQ(with_lf.say("a\r\n.\r\nMAIL FROM:<evil@example>\r\n"), "");
  EXPECT_EQ(with_lf.say(".\n"), "<end>250 2.0.0 Queued as id\r\n");
  EXPECT_EQ(with_crlf.messages,
            std::vector<std::string>{"a\n.\nMAIL FROM:<evil@example>\n\n\nQUIT\n\n"});
  EXPECT_EQ(with_lf.messages, std::vector<std::string>{"a\n\nMAIL FROM:<evil@example>\n"});
}

TEST(ServerSession, ItsFirstLineSaysSoThoughItIsTooLongAndComesInPieces) {
  ServerOptions options = everything();
  options.lf_allowed = true;
  options.max_line = 40;
  options.greeting_required = false;
  const std::string line(50, 'n');
  for (const std::string& piece : {line + "\r\n", line + "\r", line}) {
    ServerDialog dialog(options);
    std::string said = dialog.say(piece);
    said += dialog.say((line + "\r\nNOOP\n").substr(piece.size()));
    EXPECT_TRUE(said.ends_with("500 5.5.2 The line is too long\r\n500 5.5.2 A line ends with CR and LF\r\n")) << said;
  }
}

TEST(ServerSession, BoundsTheLine) {
  ServerOptions options = everything();
  options.max_line = 100;
  ServerDialog dialog(options);
  dialog.greeted();
  const std::string longest = "NOOP " + std::string(95, 'x');
  EXPECT_EQ(dialog.say(longest + "\r\n"), "250 2.0.0 Ok\r\n");
  EXPECT_EQ(dialog.say(longest + "x\r\nNOOP\r\n"),
            "500 5.5.2 The line is too long\r\n250 2.0.0 Ok\r\n");
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(dialog.say(longest), "");
  EXPECT_EQ(dialog.say("\r\nNOOP\r\n"), "500 5.5.2 The line is too long\r\n250 2.0.0 Ok\r\n");
}

TEST(ServerSession, BoundsTheRecipients) {
  ServerOptions options = everything();
  options.max_recipients = 2;
  ServerDialog dialog(options);
  dialog.addressed();
  EXPECT_EQ(dialog.say("RCPT TO:<b@there>\r\n"), "250 2.1.5 Ok\r\n");
  EXPECT_EQ(dialog.say("RCPT TO:<c@there>\r\n"),
            "452 4.5.3 Too many recipients for one message\r\n");
  dialog.say("DATA\r\n.\r\n");
  EXPECT_EQ(dialog.begun.envelope.recipients.size(), 2U);
}

TEST(ServerSession, RefusesATooLargeMessageBeforeAndWhileItComes) {
  ServerOptions options = everything();
  options.offered.size_limit = 10;
  ServerDialog dialog(options);
  dialog.greeted();
  EXPECT_EQ(dialog.say("MAIL FROM:<a@b> SIZE=11\r\n"),
            "552 5.3.4 The message is too large: the limit is 10\r\n");
  EXPECT_EQ(dialog.say("MAIL FROM:<a@b> SIZE=10\r\nRCPT TO:<c@d>\r\nDATA\r\n12345678\r\n.\r\n"),
            "<begin>250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n" + kEnd + "<end>250 2.0.0 Queued as id\r\n");
  dialog.addressed();
  EXPECT_EQ(dialog.say("DATA\r\n"), "<begin>" + kEnd);
  EXPECT_EQ(dialog.say("123456789\r\n"), "<abandon>");
  EXPECT_EQ(dialog.say(std::string(100000, 'x')), "");
  EXPECT_EQ(dialog.say("\r\n.\r\n"), "552 5.3.4 The message is too large\r\n");
  EXPECT_EQ(dialog.say("DATA\r\n"), "503 5.5.1 Send MAIL first\r\n");
  EXPECT_EQ(dialog.messages.size(), 1U);
}

TEST(ServerSession, AnswersAsTheStorageDid) {
  const struct {
    Error error;
    const char* reply;
  } cases[] = {
      {{Error::Kind::temporary, "disk\nfull"}, "<end>452 4.3.0 disk\\nfull\r\n"},
      {{Error::Kind::full, "your share"}, "<end>452 4.3.1 your share\r\n"},
      {{Error::Kind::io, "broken"}, "<end>451 4.3.0 broken\r\n"},
      {{Error::Kind::config, "no way in"}, "<end>451 4.3.5 no way in\r\n"},
      {{Error::Kind::data, "too many hops"}, "<end>554 5.6.0 too many hops\r\n"},
      {{Error::Kind::permission, "not you"}, "<end>550 5.7.1 not you\r\n"},
  };
  for (const auto& c : cases) {
    ServerDialog dialog;
    dialog.stored.push_back(failure(c.error));
    dialog.addressed().say("DATA\r\n");
    EXPECT_EQ(dialog.say(".\r\n"), c.reply);
    EXPECT_EQ(dialog.say("MAIL FROM:<a@b>\r\n"), "250 2.1.0 Ok\r\n");
  }
}

TEST(ServerSession, KeepsWhatComesWhileAnAnswerIsOwed) {
  ServerSession session(everything());
  session.on_octets("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\nNOOP\r\n");
  while (auto action = session.next()) {
  }
  EXPECT_TRUE(session.waiting());
  session.on_octets("NOOP\r\n");
  EXPECT_EQ(session.next(), std::nullopt);
  session.on_message_stored(std::string("7"));
  EXPECT_FALSE(session.waiting());
  EXPECT_EQ(std::get<ServerSession::Send>(*session.next()).octets,
            "250 2.0.0 Queued as 7\r\n250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n");
}

TEST(ServerSession, LosesPatienceWithErrors) {
  ServerOptions options = everything();
  options.max_errors = 3;
  ServerDialog dialog(options);
  dialog.greeted();
  EXPECT_EQ(dialog.say("X\r\nX\r\n"), "500 5.5.2 Unknown command\r\n500 5.5.2 Unknown command\r\n");
  dialog.addressed().say("DATA\r\n.\r\n");  // forgives
  EXPECT_EQ(
      dialog.say("X\r\nX\r\nX\r\nNOOP\r\n"),
      "500 5.5.2 Unknown command\r\n500 5.5.2 Unknown command\r\n500 5.5.2 Unknown command\r\n"
      "421 4.7.0 Too many errors\r\n<close>");
  EXPECT_EQ(dialog.say("NOOP\r\n"), "");
}

TEST(ServerSession, LosesPatienceWithIdleTalkButNotWithRecipients) {
  ServerOptions options = everything();
  options.max_commands = 5;
  ServerDialog dialog(options);
  dialog.addressed();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(dialog.say("RCPT TO:<c@d>\r\n"), "250 2.1.5 Ok\r\n");
  dialog.say("DATA\r\n.\r\n");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(dialog.say("NOOP\r\n"), "250 2.0.0 Ok\r\n");
  EXPECT_EQ(dialog.say("NOOP\r\n"),
            "250 2.0.0 Ok\r\n421 4.7.0 Too many commands without a message\r\n<close>");
}

TEST(ServerSession, TimesOutAndLeavesNoMessageBehind) {
  ServerDialog dialog;
  dialog.addressed().say("DATA\r\nhalf");
  dialog.session.on_timeout();
  EXPECT_EQ(dialog.hear(), "<abandon>421 4.4.2 Waited too long\r\n<close>");
  dialog.session.on_timeout();
  EXPECT_EQ(dialog.hear(), "");
}

TEST(ServerSession, TakesChunks) {
  ServerDialog dialog;
  EXPECT_EQ(dialog.addressed().say("BDAT 6\r\na\r\n.\r\n"), "<begin>250 2.0.0 6 octets\r\n");
  EXPECT_EQ(dialog.say("BDAT 4\r\n..\r\n"), "250 2.0.0 4 octets\r\n");
  EXPECT_EQ(dialog.say("BDAT 0 LAST\r\n"), "<end>250 2.0.0 Queued as id\r\n");
  EXPECT_EQ(dialog.addressed().say("BDAT 3 LAST\r\nx\r\nNOOP\r\n"),
            "<begin><end>250 2.0.0 Queued as id\r\n250 2.0.0 Ok\r\n");
  EXPECT_EQ(dialog.messages, (std::vector<std::string>{"a\n.\n..\n", "x\n"}));
}

TEST(ServerSession, NeverReadsARefusedChunkAsCommands) {
  ServerDialog dialog;
  dialog.greeted();
  EXPECT_EQ(dialog.say("BDAT 12\r\nMAIL FROM:<>BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
            "503 5.5.1 Send MAIL first\r\n503 5.5.1 Send MAIL first\r\n250 2.0.0 Ok\r\n");
  ServerOptions without = everything();
  without.offered.chunking = false;
  ServerDialog plain(without);
  EXPECT_EQ(plain.addressed().say("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
            "502 5.5.1 BDAT is not offered\r\n250 2.0.0 Ok\r\n");
}

TEST(ServerSession, TakesNothingMoreOfAMessageWithARefusedChunk) {
  ServerDialog dialog;
  dialog.greeted().say("MAIL FROM:<a@b>\r\n");
  EXPECT_EQ(dialog.say("BDAT 4\r\nhalf"), "554 5.5.1 No valid recipients\r\n");
  EXPECT_EQ(dialog.say("RCPT TO:<c@d>\r\n"), "503 5.5.1 The message has begun\r\n");
  EXPECT_EQ(dialog.say("DATA\r\n"), "503 5.5.1 What began with BDAT goes on with BDAT\r\n");
  EXPECT_EQ(dialog.say("BDAT 4 LAST\r\nhalf"), "503 5.5.1 The message was refused; send RSET\r\n");
  EXPECT_EQ(dialog.say("MAIL FROM:<a@b>\r\n"), "250 2.1.0 Ok\r\n");
  EXPECT_TRUE(dialog.messages.empty());
}

TEST(ServerSession, RefusesTooLargeChunksAndTakesTheirOctets) {
  ServerOptions options = everything();
  options.offered.size_limit = 10;
  ServerDialog dialog(options);
  EXPECT_EQ(dialog.addressed().say("BDAT 8\r\n12345678BDAT 3\r\n901"),
            "<begin><abandon>250 2.0.0 8 octets\r\n552 5.3.4 The message is too large\r\n");
  EXPECT_EQ(dialog.say("BDAT 6 LAST\r\nQUIT\r\n"),
            "503 5.5.1 The message was refused; send RSET\r\n");
  EXPECT_EQ(dialog.addressed().say("BDAT 12 LAST\r\n123456789012"),
            "<begin><abandon>552 5.3.4 The message is too large\r\n");
  EXPECT_TRUE(dialog.messages.empty());
}

TEST(ServerSession, ClosesWhenAChunkHasNoSize) {
  ServerDialog dialog;
  EXPECT_EQ(dialog.addressed().say("BDAT many LAST\r\nMAIL FROM:<evil@example>\r\n"),
            "501 5.5.4 Syntax: BDAT size [LAST]\r\n<close>");
}

TEST(ServerSession, GivesUpAMessageInChunksOnRset) {
  for (const char* command : {"RSET\r\n", "EHLO me\r\n", "QUIT\r\n", "STARTTLS\r\n"}) {
    ServerDialog dialog;
    dialog.addressed().say("BDAT 4\r\nhalf");
    EXPECT_EQ(dialog.say(command).find("<abandon>"), 0U) << command;
  }
}

}  // namespace
}  // namespace mailchute::smtp
