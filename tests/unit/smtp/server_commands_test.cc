// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "smtp/sasl.h"
#include "smtp/server_session.h"
#include "unit/smtp/server_dialog.h"

namespace mailchute::smtp {
namespace {

using namespace std::string_literals;

const std::string kWelcome = "235 2.7.0 Welcome\r\n";
const std::string kWrong = "535 5.7.8 Wrong user or password\r\n";

std::string plain(const std::string& message) {
  return "AUTH PLAIN " + base64_encode(message) + "\r\n";
}

struct Secured : ServerDialog {
  explicit Secured(ServerOptions options = everything()) : ServerDialog(std::move(options), true) {
    greeted();
  }
};

TEST(ServerCommands, OfferWhatTheOptionsSay) {
  ServerOptions options = everything();
  options.offered.size_limit = 1000;
  ServerDialog dialog(options);
  dialog.hear();
  EXPECT_EQ(
      dialog.say("EHLO me\r\n"),
      "250-mx\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n"
      "250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-CHUNKING\r\n250 HELP\r\n");
  EXPECT_EQ(dialog.say("HELO me\r\n"), "250 mx\r\n");

  ServerOptions bare;
  bare.hostname = "mx";
  ServerDialog poor(bare);
  EXPECT_EQ(poor.say("EHLO me\r\nRSET\r\n"), "220 mx ESMTP\r\n250-mx\r\n250 HELP\r\n250 Ok\r\n");
}

TEST(ServerCommands, OfferAuthOnlyWhereNobodyListens) {
  EXPECT_EQ(ServerDialog().say("EHLO me\r\n").find("AUTH"), std::string::npos);
  ServerDialog secure(everything(), true);
  const auto offered = secure.say("EHLO me\r\n");
  EXPECT_NE(offered.find("250-AUTH PLAIN LOGIN\r\n"), std::string::npos);
  EXPECT_EQ(offered.find("STARTTLS"), std::string::npos);
  ServerOptions careless = everything();
  careless.auth_without_tls = true;
  EXPECT_NE(ServerDialog(careless).say("EHLO me\r\n").find("250-AUTH"), std::string::npos);
}

TEST(ServerCommands, KeepTheirOrder) {
  const struct {
    const char *commands, *last_reply;
  } cases[] = {
      {"MAIL FROM:<a@b>\r\n", "503 5.5.1 Send EHLO first\r\n"},
      {"RCPT TO:<c@d>\r\n", "503 5.5.1 Send MAIL first\r\n"},
      {"DATA\r\n", "503 5.5.1 Send MAIL first\r\n"},
      {"EHLO me\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n",
       "503 5.5.1 A message is under way; RSET gives it up\r\n"},
      {"EHLO me\r\nMAIL FROM:<a@b>\r\nDATA\r\n", "554 5.5.1 No valid recipients\r\n"},
      {"EHLO me\r\nMAIL FROM:<a@b>\r\nRSET\r\nRCPT TO:<c@d>\r\n", "503 5.5.1 Send MAIL first\r\n"},
      {"EHLO me\r\nMAIL FROM:<a@b>\r\nHELO me\r\nRCPT TO:<c@d>\r\n",
       "503 5.5.1 Send MAIL first\r\n"},
      {"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA now\r\n",
       "501 5.5.4 DATA takes no argument\r\n"},
      {"EHLO\r\n", "501 5.5.4 Say your name with it\r\n"},
      {"EHLO me\r\nSTARTTLS now\r\n", "501 5.5.4 STARTTLS takes no argument\r\n"},
  };
  for (const auto& c : cases) {
    ServerDialog dialog;
    EXPECT_TRUE(dialog.say(c.commands).ends_with("\r\n"s + c.last_reply)) << c.commands;
  }
}

TEST(ServerCommands, AnswerTheOddOnes) {
  ServerDialog dialog;
  dialog.greeted();
  EXPECT_EQ(dialog.say("NOOP anything\r\n"), "250 2.0.0 Ok\r\n");
  EXPECT_EQ(dialog.say("VRFY root\r\n"),
            "252 2.5.0 Not looked up; a message to it would be taken\r\n");
  EXPECT_EQ(dialog.say("EXPN staff\r\n"),
            "252 2.5.0 Not looked up; a message to it would be taken\r\n");
  EXPECT_EQ(dialog.say("VRFY\r\n"), "501 5.5.4 Say whom\r\n");
  EXPECT_EQ(dialog.say("RSET it\r\n"), "501 5.5.4 RSET takes no argument\r\n");
  EXPECT_EQ(dialog.say("ETRN x\r\n"), "459 4.7.1 Nothing is queued here for other hosts\r\n");
  for (const char* command : {"SEND FROM:<a@b>\r\n", "SOML\r\n", "SAML\r\n", "TURN\r\n"})
    EXPECT_EQ(dialog.say(command), "502 5.5.1 This command is out of use\r\n");
  EXPECT_EQ(dialog.say("XYZZY\r\n"), "500 5.5.2 Unknown command\r\n");
  EXPECT_EQ(dialog.say("quit\r\nNOOP\r\n"), "221 2.0.0 mx closes the connection\r\n<close>");
}

TEST(ServerCommands, HelpNamesWhatThereIs) {
  ServerDialog dialog;
  const std::string help = dialog.greeted().say("HELP\r\n");
  EXPECT_TRUE(help.starts_with("214-2.0.0 A message: EHLO name, MAIL FROM:<sender>")) << help;
  EXPECT_TRUE(help.ends_with("\r\n214 2.0.0 Also: BDAT HELO HELP NOOP QUIT RSET VRFY EXPN STARTTLS\r\n")) << help;
  ServerOptions options = everything();
  options.consulted = {"ETRN"};
  EXPECT_TRUE(ServerDialog(options, true).greeted().say("HELP\r\n").ends_with(" ETRN AUTH\r\n"));
}

TEST(ServerCommands, NeedNoGreetingWhereToldSo) {
  ServerOptions options = everything();
  options.greeting_required = false;
  ServerDialog dialog(options);
  EXPECT_EQ(dialog.say("what?\r\n"), "220 mx ESMTP\r\n500 5.5.2 Unknown command\r\n");
  EXPECT_EQ(dialog.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"), "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n");
  dialog.say("DATA\r\n.\r\n");
  EXPECT_EQ(dialog.begun.helo, "");
  EXPECT_EQ(dialog.begun.protocol, "SMTP");
}

TEST(ServerCommands, LeaveAWebBrowserAtOnce) {
  ServerDialog dialog;
  EXPECT_EQ(dialog.say("POST / HTTP/1.1\r\nHost: mx\r\n\r\nEHLO me\r\nMAIL FROM:<a@b>\r\n"),
            "220 mx ESMTP\r\n500 5.5.2 This is an SMTP server\r\n<close>");
}

TEST(ServerCommands, TameTheClientsName) {
  ServerDialog dialog;
  dialog.say("EHLO [IPv6:::1] (a\"b)\xc3\xa4\r\n");
  dialog.say("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n");
  EXPECT_EQ(dialog.begun.helo, "[IPv6:::1]??a?b???");
}

TEST(StartTls, ForgetsEverythingLearnedBefore) {
  ServerDialog dialog;
  dialog.addressed();
  EXPECT_EQ(dialog.say("STARTTLS\r\n"), "220 2.0.0 Ready for TLS\r\n<tls>");
  EXPECT_TRUE(dialog.session.waiting());
  dialog.session.on_tls();
  EXPECT_EQ(dialog.hear(), "");
  EXPECT_EQ(dialog.say("MAIL FROM:<a@b>\r\n"), "503 5.5.1 Send EHLO first\r\n");
  dialog.greeted();
  EXPECT_EQ(dialog.say("RCPT TO:<c@d>\r\n"), "503 5.5.1 Send MAIL first\r\n");
  EXPECT_EQ(dialog.say("STARTTLS\r\n"), "503 5.5.1 TLS is up already\r\n");
  dialog.addressed().say("DATA\r\n.\r\n");
  EXPECT_EQ(dialog.begun.protocol, "ESMTPS");
}

TEST(StartTls, ThrowsAwayWhatRodeBehindIt) {
  ServerDialog dialog;
  dialog.greeted();
  EXPECT_EQ(dialog.say("STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@example>\r\nRCPT TO"),
            "220 2.0.0 Ready for TLS\r\n<tls>");
  EXPECT_EQ(dialog.say(":<victim@there>\r\n"), "");
  dialog.session.on_tls();
  EXPECT_EQ(dialog.say("NOOP\r\n"), "250 2.0.0 Ok\r\n");
  EXPECT_EQ(dialog.say("DATA\r\n"), "503 5.5.1 Send MAIL first\r\n");
}

TEST(StartTls, IsRefusedWhereNotOffered) {
  ServerOptions options = everything();
  options.offered.starttls = false;
  ServerDialog dialog(options);
  EXPECT_EQ(dialog.greeted().say("STARTTLS\r\n"), "502 5.5.1 STARTTLS is not offered\r\n");
}

TEST(Auth, TakesPlainWithAndWithoutInitialResponse) {
  Secured dialog;
  EXPECT_EQ(dialog.say(plain("\0me\0secret"s)), kWelcome);
  dialog.addressed().say("DATA\r\n.\r\n");
  EXPECT_EQ(dialog.begun.user, "me");
  EXPECT_EQ(dialog.begun.protocol, "ESMTPSA");

  Secured slow;
  EXPECT_EQ(slow.say("auth plain\r\n"), "334 \r\n");
  EXPECT_EQ(slow.say(base64_encode("me\0me\0secret"s) + "\r\nNOOP\r\n"),
            kWelcome + "250 2.0.0 Ok\r\n");
}

TEST(Auth, TakesLogin) {
  Secured dialog;
  EXPECT_EQ(dialog.say("AUTH LOGIN\r\n"), "334 VXNlcm5hbWU6\r\n");
  EXPECT_EQ(dialog.say("bWU=\r\n"), "334 UGFzc3dvcmQ6\r\n");
  EXPECT_EQ(dialog.say("c2VjcmV0\r\n"), kWelcome);
  Secured quick;
  EXPECT_EQ(quick.say("AUTH LOGIN bWU=\r\nc2VjcmV0\r\n"), "334 UGFzc3dvcmQ6\r\n" + kWelcome);
}

TEST(Auth, RefusesTheWrongOnes) {
  Secured dialog;
  EXPECT_EQ(dialog.say(plain("\0me\0guess"s)), kWrong);
  EXPECT_EQ(dialog.password, "me/guess");
  EXPECT_EQ(dialog.say(plain("\0you\0secret"s)), kWrong);
  EXPECT_EQ(dialog.say(plain("root\0me\0secret"s)),
            "535 5.7.8 Nobody may act for somebody else here\r\n");
  EXPECT_EQ(dialog.say(plain("\0me\0secret"s)), kWelcome);
}

TEST(Auth, NeedsTlsUnlessToldOtherwise) {
  ServerDialog dialog;
  EXPECT_EQ(dialog.greeted().say(plain("\0me\0secret"s)),
            "538 5.7.11 A password needs TLS; send STARTTLS first\r\n");
  EXPECT_EQ(dialog.password, "");
  ServerOptions careless = everything();
  careless.auth_without_tls = true;
  EXPECT_EQ(ServerDialog(careless).greeted().say(plain("\0me\0secret"s)), kWelcome);
}

TEST(Auth, IsRequiredBeforeMailWhereToldTo) {
  ServerOptions options = everything();
  options.auth_required = true;
  ServerDialog clear(options);
  EXPECT_EQ(clear.greeted().say("MAIL FROM:<a@b>\r\n"), "530 5.7.0 Send STARTTLS first\r\n");
  Secured dialog(options);
  EXPECT_EQ(dialog.say("MAIL FROM:<a@b>\r\n"), "530 5.7.0 Authentication required\r\n");
  dialog.say(plain("\0me\0secret"s));
  EXPECT_EQ(dialog.say("MAIL FROM:<a@b>\r\n"), "250 2.1.0 Ok\r\n");
}

TEST(Auth, ComesOnceAndBeforeTheMessage) {
  EXPECT_EQ(Secured().addressed().say(plain("\0me\0secret"s)),
            "503 5.5.1 A message is under way\r\n");
  Secured dialog;
  dialog.say(plain("\0me\0secret"s));
  EXPECT_EQ(dialog.say(plain("\0me\0secret"s)), "503 5.5.1 You have authenticated already\r\n");
  ServerDialog early(everything(), true);
  early.hear();
  EXPECT_EQ(early.say("AUTH PLAIN\r\n"), "503 5.5.1 Send EHLO first\r\n");
}

TEST(Auth, CanBeCancelledAndSurvivesNonsense) {
  const std::string odd = "501 5.5.2 That is not what PLAIN sends\r\n";
  Secured dialog;
  EXPECT_EQ(dialog.say("AUTH PLAIN\r\n*\r\nNOOP\r\n"),
            "334 \r\n501 5.7.0 Authentication cancelled\r\n250 2.0.0 Ok\r\n");
  EXPECT_EQ(dialog.say("AUTH PLAIN not-base64\r\n"), "501 5.5.2 That is not base64\r\n");
  EXPECT_EQ(dialog.say("AUTH LOGIN\r\nx\r\nNOOP\r\n"),
            "334 VXNlcm5hbWU6\r\n501 5.5.2 That is not base64\r\n250 2.0.0 Ok\r\n");
  EXPECT_EQ(dialog.say(plain("me")), odd);
  EXPECT_EQ(dialog.say("AUTH PLAIN =\r\n"), odd);
  EXPECT_EQ(dialog.say(plain("\0me\0secret\0"s)), odd);
  EXPECT_EQ(dialog.say("AUTH CRAM-MD5\r\n"), "504 5.5.4 Unknown mechanism\r\n");
  EXPECT_EQ(dialog.say("AUTH\r\n"), "504 5.5.4 Unknown mechanism\r\n");
  EXPECT_EQ(dialog.say("AUTH PLAIN\r\n" + std::string(13000, 'A') + "\r\nNOOP\r\n"),
            "334 \r\n500 5.5.6 The line is too long\r\n250 2.0.0 Ok\r\n");
}

TEST(Auth, OfNobodyIsNone) {
  Secured dialog;
  dialog.say(plain("\0\0secret"s));
  dialog.session.on_auth(true);  // whatever the check said
  EXPECT_EQ(dialog.hear(), kWrong);
}

TEST(Auth, GuessingEndsTheSession) {
  ServerOptions options = everything();
  options.max_errors = 2;
  Secured dialog(options);
  EXPECT_EQ(dialog.say(plain("\0me\0a"s)), kWrong);
  EXPECT_EQ(dialog.say(plain("\0me\0b"s)), kWrong + "421 4.7.0 Too many errors\r\n<close>");
}

}  // namespace
}  // namespace mailchute::smtp
