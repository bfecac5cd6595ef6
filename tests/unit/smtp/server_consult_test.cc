// SPDX-License-Identifier: GPL-3.0-or-later
// Somebody else has a say at the steps that the options name.
#include <gtest/gtest.h>

#include "smtp/server_session.h"
#include "unit/smtp/server_dialog.h"

namespace mailchute::smtp {
namespace {

ServerOptions asking(std::set<std::string, std::less<>> steps) {
  ServerOptions options = everything();
  options.consulted = std::move(steps);
  return options;
}

struct Asking : ServerDialog {
  explicit Asking(std::set<std::string, std::less<>> steps, bool secure = false)
      : ServerDialog(asking(std::move(steps)), secure) {}
};

const Reply kNotNow{451, {"4.3.0 Not now"}};
const Reply kClose{421, {"4.3.2 Bye"}};

TEST(Consult, NobodyIsAskedAboutOtherSteps) {
  Asking dialog({"VRFY"});
  EXPECT_EQ(dialog.addressed().say("DATA\r\n.\r\n").find('?'), std::string::npos);
  EXPECT_EQ(dialog.say("VRFY root\r\n"),
            "<VRFY root?>252 2.5.0 Not looked up; a message to it would be taken\r\n");
}

TEST(Consult, AReplyTakesTheCommandsPlace) {
  Asking dialog({"MAIL", "RCPT", "DATA"});
  dialog.greeted();
  EXPECT_EQ(dialog.say_to(kNotNow, "MAIL FROM:<a@b>\r\n"), "<MAIL FROM:<a@b>?>451 4.3.0 Not now\r\n");
  EXPECT_EQ(dialog.say("RCPT TO:<c@d>\r\n"), "<RCPT TO:<c@d>?>503 5.5.1 Send MAIL first\r\n");
  dialog.say("MAIL FROM:<a@b>\r\n");
  EXPECT_EQ(dialog.say_to(kNotNow, "RCPT TO:<c@d>\r\n"), "<RCPT TO:<c@d>?>451 4.3.0 Not now\r\n");
  EXPECT_EQ(dialog.say("DATA\r\n"), "<DATA?>554 5.5.1 No valid recipients\r\n");
  dialog.say("RCPT TO:<e@f>\r\n");
  EXPECT_EQ(dialog.say_to(kNotNow, "DATA\r\n"), "<DATA?>451 4.3.0 Not now\r\n");
  dialog.say("DATA\r\n.\r\n");
  ASSERT_EQ(dialog.begun.envelope.recipients.size(), 1U);
  EXPECT_EQ(dialog.begun.envelope.recipients[0].address, "e@f");
}

TEST(Consult, CommandsBehindWaitForTheVerdict) {
  ServerSession session(asking({"MAIL"}));
  session.on_octets("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
  std::string heard;
  while (auto action = session.next())
    if (auto* send = std::get_if<ServerSession::Send>(&*action)) heard += send->octets;
  EXPECT_TRUE(session.waiting());
  EXPECT_TRUE(heard.ends_with("250 HELP\r\n"));
  session.on_verdict(std::nullopt);
  EXPECT_EQ(std::get<ServerSession::Send>(*session.next()).octets,
            "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n");
}

TEST(Consult, AMessageCanBeRefusedAtItsEnd) {
  Asking dialog({"MESSAGE"});
  dialog.addressed().say("DATA\r\n");
  EXPECT_EQ(dialog.say_to(kNotNow, "a\r\n.\r\n"), "<MESSAGE?><abandon>451 4.3.0 Not now\r\n");
  EXPECT_EQ(dialog.addressed().say_to(kNotNow, "BDAT 1 LAST\r\na"),
            "<begin><MESSAGE?><abandon>451 4.3.0 Not now\r\n");
  EXPECT_EQ(dialog.addressed().say("DATA\r\n.\r\n").find("<begin>354"), 0U);
  EXPECT_EQ(dialog.messages.size(), 1U);
}

TEST(Consult, ARefusedChunkIsReadAllTheSame) {
  Asking dialog({"BDAT"});
  EXPECT_EQ(dialog.addressed().say_to(kNotNow, "BDAT 6\r\nQUIT\r\nNOOP\r\n"),
            "<BDAT 6?>451 4.3.0 Not now\r\n250 2.0.0 Ok\r\n");
  EXPECT_EQ(dialog.say_to(kNotNow, "BDAT many\r\n"),
            "<BDAT many?>501 5.5.4 Syntax: BDAT size [LAST]\r\n<close>");
}

TEST(Consult, A421EndsTheSession) {
  EXPECT_EQ(Asking({"RCPT"}).greeted().say("MAIL FROM:<a@b>\r\n"), "250 2.1.0 Ok\r\n");
  Asking at_rcpt({"RCPT"});
  at_rcpt.verdicts = {kClose};
  EXPECT_EQ(at_rcpt.greeted().say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nNOOP\r\n"),
            "250 2.1.0 Ok\r\n<RCPT TO:<c@d>?>421 4.3.2 Bye\r\n<close>");
  Asking at_end({"MESSAGE"});
  at_end.addressed().say("DATA\r\n");
  EXPECT_EQ(at_end.say_to(kClose, ".\r\nNOOP\r\n"), "<MESSAGE?><abandon>421 4.3.2 Bye\r\n<close>");
}

TEST(Consult, WhoIsTurnedAwayMayOnlyQuit) {
  Asking dialog({"CONNECT"});
  const std::string refused = "503 5.5.1 There is no service here\r\n";
  EXPECT_EQ(dialog.say_to(Reply{554, {"5.3.2 No service"}}, ""), "<CONNECT?>554 5.3.2 No service\r\n");
  EXPECT_EQ(dialog.say("EHLO me\r\nBDAT 6\r\nQUIT\r\nnonsense\r\n"), refused + refused + refused);
  EXPECT_EQ(dialog.say("QUIT\r\n"), "221 2.0.0 mx closes the connection\r\n<close>");
  Asking welcome({"CONNECT"});
  EXPECT_EQ(welcome.hear(), "<CONNECT?>220 mx ESMTP\r\n");
}

TEST(Consult, EtrnIsOfferedAndAnswered) {
  Asking dialog({"ETRN"});
  EXPECT_NE(dialog.say("EHLO me\r\n").find("250-ETRN\r\n"), std::string::npos);
  EXPECT_EQ(dialog.say_to(Reply{250, {"2.0.0 Started"}}, "ETRN x.org\r\n"),
            "<ETRN x.org?>250 2.0.0 Started\r\n");
}

TEST(Consult, NobodyIsToldAPassword) {
  Asking dialog({"AUTH"}, true);
  dialog.greeted();
  EXPECT_EQ(dialog.say("AUTH PLAIN AG1lAHNlY3JldA==\r\n"), "<AUTH PLAIN?>235 2.7.0 Welcome\r\n");
  EXPECT_EQ(dialog.password, "me/secret");
}

TEST(Consult, ARepliesLinesAreAllSaid) {
  Asking dialog({"NOOP"});
  dialog.greeted();
  EXPECT_EQ(dialog.say_to(Reply{450, {"4.0.0 a", "4.0.0 b"}}, "NOOP\r\n"),
            "<NOOP?>450-4.0.0 a\r\n450 4.0.0 b\r\n");
}

TEST(Consult, RefusalsCountAsErrors) {
  ServerOptions options = asking({"NOOP"});
  options.max_errors = 1;
  ServerDialog dialog(options);
  dialog.greeted();
  dialog.verdicts = {Reply{550, {"5.0.0 no"}}};
  EXPECT_EQ(dialog.say("NOOP\r\n"), "<NOOP?>550 5.0.0 no\r\n421 4.7.0 Too many errors\r\n<close>");
}

}  // namespace
}  // namespace mailchute::smtp
