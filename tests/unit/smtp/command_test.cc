// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/command.h"

#include <gtest/gtest.h>

namespace mailchute::smtp {
namespace {

Extensions everything() {
  Extensions offered;
  offered.pipelining = offered.eight_bit_mime = offered.enhanced_status_codes = true;
  offered.chunking = offered.smtp_utf8 = offered.dsn = offered.size = true;
  offered.auth = {"PLAIN"};
  return offered;
}

int refusal_of(const auto& parsed) { return parsed ? 0 : parsed.error().code; }

int mail(std::string_view argument, const Extensions& offered = everything()) {
  return refusal_of(parse_mail(argument, offered));
}

int rcpt(std::string_view argument, bool smtp_utf8 = false) {
  return refusal_of(parse_rcpt(argument, everything(), smtp_utf8));
}

TEST(Command, FindsTheVerbInAnyCase) {
  EXPECT_EQ(parse_command("EHLO here").verb, Verb::ehlo);
  EXPECT_EQ(parse_command("eHlO  here ").argument, "here");
  EXPECT_EQ(parse_command("QUIT").argument, "");
  EXPECT_EQ(parse_command("Mail From:<a@b> SIZE=1").argument, "From:<a@b> SIZE=1");
  EXPECT_EQ(parse_command("SOML FROM:<a@b>").verb, Verb::not_implemented);
  for (const char* line : {"", " ", "EHLOX here", "EHL", "GET / HTTP/1.1", "MAILFROM:<a@b>"})
    EXPECT_EQ(parse_command(line).verb, Verb::unknown) << line;
}

TEST(MailCommand, ReadsPathAndParameters) {
  const auto mail = parse_mail(
      "FROM:<me@here> SIZE=1234 BODY=8BITMIME RET=HDRS ENVID=a+2Bb SMTPUTF8 AUTH=<>", everything());
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->envelope.reverse_path, "me@here");
  EXPECT_EQ(mail->size, 1234U);
  EXPECT_EQ(mail->envelope.body, mail::BodyType::eight_bit_mime);
  EXPECT_EQ(mail->envelope.ret, mail::Return::headers);
  EXPECT_EQ(mail->envelope.envelope_id, "a+2Bb");
  EXPECT_TRUE(mail->smtp_utf8);
}

TEST(MailCommand, TakesBlanksAroundThePathAndAnyCase) {
  const auto mail = parse_mail("from: <me@here>  body=7bit  ret=full", everything());
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->envelope.reverse_path, "me@here");
  EXPECT_EQ(mail->envelope.body, mail::BodyType::seven_bit);
  EXPECT_EQ(mail->envelope.ret, mail::Return::full);
  EXPECT_EQ(parse_mail("FROM:<>", everything())->envelope.reverse_path, "");
}

TEST(MailCommand, RefusesWithTheReplyToGive) {
  const struct {
    const char* argument;
    int code;
  } cases[] = {
      {"", 501},
      {"<me@here>", 501},
      {"TO:<me@here>", 501},
      {"FROM:", 501},
      {"FROM:<me@here", 501},
      {"FROM:<me@here>SIZE=1", 501},
      {"FROM:<me@here> SIZE=", 501},
      {"FROM:<me@here> SIZE=-1", 501},
      {"FROM:<me@here> SIZE", 501},
      {"FROM:<me@here> SIZE=99999999999999999999999", 501},
      {"FROM:<me@here> SIZE=1 size=2", 501},
      {"FROM:<me@here> BODY=9BIT", 501},
      {"FROM:<me@here> BODY=BINARYMIME", 501},
      {"FROM:<me@here> RET=ALL", 501},
      {"FROM:<me@here> ENVID=a+b", 501},
      {"FROM:<me@here> ENVID=a=b", 501},
      {"FROM:<me@here> ENVID=", 501},
      {"FROM:<me@here> ENVID=a+0Ab", 501},
      {"FROM:<me@here> ENVID=a+C3+A9", 501},
      {"FROM:<me@here> SMTPUTF8=1", 501},
      {"FROM:<me@here> AUTH=+", 501},
      {"FROM:<me@here> -X=1", 501},
      {"FROM:<me@here> =1", 501},
      {"FROM:<me@here> NOTIFY=NEVER", 555},
      {"FROM:<me@here> X-ODD=1", 555},
      {"FROM:<m\xc3\xa9@here>", 553},
      {"FROM:<m\xc3\xa9@here> SMTPUTF8", 0},
  };
  for (const auto& c : cases) EXPECT_EQ(mail(c.argument), c.code) << c.argument;
}

TEST(MailCommand, TakesNoParameterThatIsNotOffered) {
  for (const char* parameter :
       {"SIZE=1", "BODY=7BIT", "RET=FULL", "ENVID=x", "SMTPUTF8", "AUTH=<>"}) {
    const auto argument = std::string("FROM:<me@here> ") + parameter;
    EXPECT_EQ(mail(argument, Extensions{}), 555) << parameter;
    EXPECT_EQ(mail(argument), 0) << parameter;
  }
}

TEST(MailCommand, ShowsOnlySoMuchOfWhatItRefuses) {
  const auto refused = parse_mail("FROM:<> X=" + std::string(5000, '\x80'), everything());
  EXPECT_LT(refused.error().text().size(), 512U);
}

TEST(MailCommand, BoundsTheEnvelopeId) {
  EXPECT_EQ(mail("FROM:<> ENVID=" + std::string(100, 'x')), 0);
  EXPECT_EQ(mail("FROM:<> ENVID=" + std::string(101, 'x')), 501);
}

TEST(RcptCommand, ReadsPathAndParameters) {
  const auto recipient = parse_rcpt("TO:<you@there> NOTIFY=SUCCESS,delay ORCPT=rfc822;You+40there",
                                    everything(), false);
  ASSERT_TRUE(recipient);
  EXPECT_EQ(recipient->address, "you@there");
  EXPECT_EQ(recipient->original, "rfc822;You+40there");
  EXPECT_TRUE(recipient->notify.success);
  EXPECT_TRUE(recipient->notify.delay);
  EXPECT_FALSE(recipient->notify.failure);
  EXPECT_TRUE(parse_rcpt("TO:<a@b> NOTIFY=NEVER", everything(), false)->notify.never);
}

TEST(RcptCommand, RefusesWithTheReplyToGive) {
  const struct {
    const char* argument;
    int code;
  } cases[] = {
      {"", 501},
      {"TO:<>", 501},
      {"TO:", 501},
      {"FROM:<you@there>", 501},
      {"TO:<you@there> NOTIFY=NEVER,SUCCESS", 501},
      {"TO:<you@there> NOTIFY=SOMETIMES", 501},
      {"TO:<you@there> NOTIFY=SUCCESS,", 501},
      {"TO:<you@there> NOTIFY", 501},
      {"TO:<you@there> ORCPT=you", 501},
      {"TO:<you@there> ORCPT=;you", 501},
      {"TO:<you@there> ORCPT=rfc822;", 501},
      {"TO:<you@there> ORCPT=rfc822;a+4", 501},
      {"TO:<you@there> ORCPT=rfc822;a+4g", 501},
      {"TO:<you@there> SIZE=1", 555},
      {"TO:<y\xc3\xb6u@there>", 553},
      {"TO:<root>", 0},
  };
  for (const auto& c : cases) EXPECT_EQ(rcpt(c.argument), c.code) << c.argument;
}

TEST(RcptCommand, TakesUtf8OnlyWhenMailAskedForIt) {
  EXPECT_EQ(rcpt("TO:<y\xc3\xb6u@there> ORCPT=utf-8;y\xc3\xb6u@there", true), 0);
  EXPECT_EQ(rcpt("TO:<you@there> ORCPT=utf-8;y\xc3\xb6u@there", false), 501);
  EXPECT_EQ(rcpt("TO:<you@there> ORCPT=rfc822;y\xc3\xb6u@there", true), 501);
}

// A queue, and servers without SMTPUTF8, take nothing else (RFC 6533, 3).
TEST(RcptCommand, KeepsAnOriginalRecipientInSevenBits) {
  const auto original = [](const std::string& value) {
    const auto parsed = parse_rcpt("TO:<you@there> ORCPT=" + value, everything(), true);
    return parsed ? parsed->original : "";
  };
  EXPECT_EQ(original("utf-8;y\xc3\xb6u@there"), "utf-8;y\\x{F6}u@there");
  EXPECT_EQ(original("utf-8;y\\x{F6}u@there"), "utf-8;y\\x{F6}u@there");
  EXPECT_EQ(original("rfc822;y+2Bu@there"), "rfc822;y+2Bu@there");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "\xc3\xb6";
  EXPECT_EQ(original("utf-8;" + many), "");
}

TEST(BdatCommand, ReadsSizeAndLast) {
  EXPECT_EQ(parse_bdat("86")->size, 86U);
  EXPECT_FALSE(parse_bdat("86")->last);
  EXPECT_TRUE(parse_bdat("0 last")->last);
  EXPECT_TRUE(parse_bdat("18446744073709551615  LAST")->last);
  for (const char* argument :
       {"", "LAST", "-1", "1x", "1 FIRST", "1 LAST LAST", "0x10", "18446744073709551616"})
    EXPECT_FALSE(parse_bdat(argument)) << argument;
}

}  // namespace
}  // namespace mailchute::smtp
