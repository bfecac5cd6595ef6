// SPDX-License-Identifier: GPL-3.0-or-later
// Whole sessions of clients that know no rules, or try to get around them; however the octets are
// cut. The same against the real program is in tests/e2e/52-smtp-on-a-pipe.
#include <gtest/gtest.h>

#include "base/text.h"
#include "smtp/server_session.h"
#include "unit/smtp/server_dialog.h"

namespace mailchute::smtp {
namespace {

using namespace std::string_literals;

// The codes of the replies, and "#" for each message that was taken.
struct Outcome {
  std::string codes;
  std::vector<std::string> messages;
  bool operator==(const Outcome&) const = default;
};

ServerOptions strict() {
  ServerOptions options = everything();
  options.offered.size_limit = 1000;
  options.max_line = 100;
  options.max_recipients = 3;
  options.max_errors = 6;
  options.max_commands = 30;
  return options;
}

Outcome play(std::string_view octets, std::size_t piece, bool lf_allowed = false) {
  ServerOptions options = strict();
  options.lf_allowed = lf_allowed;
  ServerDialog dialog(options);
  std::string heard = dialog.hear();
  for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size())))
    heard += dialog.say(octets.substr(0, piece));
  Outcome outcome;
  for (const auto line : split(heard, '\n')) {
    const auto reply = line.substr(std::min(line.rfind('>') + 1, line.size()));
    const auto code = line.starts_with('<') ? reply : line;
    if (code.size() > 3 && code[3] == ' ') outcome.codes += (outcome.codes.empty() ? "" : " ") + std::string(code.substr(0, 3));
  }
  outcome.messages = dialog.messages;
  return outcome;
}

const std::string kEnvelope = "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";

TEST(BadClients, GetTheAnswersTheyDeserveHoweverTheyAreCut) {
  const struct {
    const char* name;
    std::string octets;
    const char* codes;
    std::vector<std::string> messages;
  } cases[] = {
      {"says all at once", kEnvelope + "DATA\r\nx\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<c@d>\r\nBDAT 1 LAST\r\nyQUIT\r\n",
       "220 250 250 250 354 250 250 250 250 221", {"x\n", "y"}},
      {"goes on behind QUIT", "QUIT\r\n" + kEnvelope + "DATA\r\nx\r\n.\r\n", "220 221", {}},
      {"knows no order", "RCPT TO:<c@d>\r\nDATA\r\nMAIL FROM:<a@b>\r\nEHLO me\r\nDATA\r\nBDAT 0 LAST\r\n",
       "220 503 503 503 250 503 503", {}},
      {"sends the text of a refused DATA", "EHLO me\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n", "220 250 503 500 500 500 221", {}},
      {"leaves in the middle of DATA", kEnvelope + "DATA\r\nhalf\r\n.", "220 250 250 250 354", {}},
      {"leaves in the middle of a chunk", kEnvelope + "BDAT 9 LAST\r\nhalf", "220 250 250 250", {}},
      {"sends chunks of nothing", kEnvelope + "BDAT 0\r\nBDAT 0\r\nBDAT 0 LAST\r\n", "220 250 250 250 250 250 250", {""}},
      {"ends before it begins", "EHLO me\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n", "220 250 503 250", {}},
      {"sends a chunk after the last", kEnvelope + "BDAT 1 LAST\r\nxBDAT 4 LAST\r\nQUITNOOP\r\n", "220 250 250 250 250 503 250", {"x"}},
      {"counts too far", kEnvelope + "BDAT 18446744073709551616\r\nQUIT\r\n", "220 250 250 250 501", {}},
      {"counts as far as can be", kEnvelope + "BDAT 18446744073709551615\r\nQUIT\r\n", "220 250 250 250", {}},
      {"counts backwards", kEnvelope + "BDAT -1\r\nQUIT\r\n", "220 250 250 250 501", {}},
      {"counts two chunks past the limit", kEnvelope + "BDAT 600\r\n" + std::string(600, 'x') + "BDAT 600 LAST\r\n" +
           std::string(600, 'x') + "NOOP\r\n", "220 250 250 250 250 552 250", {}},
      {"declares too much", "EHLO me\r\nMAIL FROM:<a@b> SIZE=1001\r\n", "220 250 552", {}},
      {"declares little and sends much", "EHLO me\r\nMAIL FROM:<a@b> SIZE=1\r\nRCPT TO:<c@d>\r\nDATA\r\n" +
           std::string(2000, 'x') + "\r\n.\r\nNOOP\r\n", "220 250 250 250 354 552 250", {}},
      {"mixes DATA and BDAT", kEnvelope + "BDAT 1\r\nxDATA\r\nRCPT TO:<e@f>\r\nMAIL FROM:<>\r\nBDAT 1 LAST\r\ny",
       "220 250 250 250 250 503 503 503 250", {"xy"}},
      {"has parameters of its own", "EHLO me\r\nMAIL FROM:<a@b> X=Y\r\nMAIL FROM:<a@b> SIZE\r\nMAIL FROM:<a@b> =\r\nMAIL FROM:<a@b> BODY=\r\n",
       "220 250 555 501 501 501", {}},
      {"repeats itself", "EHLO me\r\nMAIL FROM:<a@b> SIZE=1 size=1\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d> NOTIFY=NEVER NOTIFY=NEVER\r\n",
       "220 250 501 250 501", {}},
      {"wishes what cannot be", "EHLO me\r\nMAIL FROM:<a@b> RET=HALF\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d> NOTIFY=NEVER,DELAY\r\n"
       "RCPT TO:<c@d> ORCPT=rfc822\r\n", "220 250 501 250 501 501", {}},
      {"writes to nobody", "EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<>\r\nRCPT TO:\r\nRCPT\r\nDATA\r\n", "220 250 250 501 501 501 554", {}},
      {"writes to everybody", kEnvelope + "RCPT TO:<d@d>\r\nRCPT TO:<e@d>\r\nRCPT TO:<f@d>\r\nDATA\r\n.\r\n",
       "220 250 250 250 250 250 452 354 250", {""}},
      {"writes UTF-8 unasked", "EHLO me\r\nMAIL FROM:<\xc3\xa4@b>\r\nMAIL FROM:<a@\xc3\xa4>\r\nMAIL FROM:<\xff@b> SMTPUTF8\r\n",
       "220 250 553 553 501", {}},
      {"writes NUL", "EHLO me\r\nMAIL FROM:<a\0@b>\r\n\0NOOP\r\nNOOP\0\r\n"s, "220 250 500 500 500", {}},
      {"writes NUL in its text", kEnvelope + "DATA\r\na\0\r\n\0.\r\n.\0\r\n.\r\n"s, "220 250 250 250 354 250", {"a\0\n\0.\n\0\n"s}},
      {"knows no end of a line", "EHLO me\r\n" + std::string(5000, 'x') + "\r\nNOOP\r\n", "220 250 500 250", {}},
      {"knows no CR", "EHLO me\r\nNOOP\nNOOP\r\n", "220 250 500 250", {}},
      {"knows no LF", "EHLO me\r\nNOOP\rNOOP\r\n", "220 250 500", {}},
      {"will not listen", "EHLO me\r\nA\r\nB\r\nC\r\nD\r\nE\r\nF\r\nG\r\n", "220 250 500 500 500 500 500 500 421", {}},
      {"is no mail program", "GET / HTTP/1.1\r\nHost: mx\r\n\r\n", "220 500", {}},
  };
  for (const auto& c : cases) {
    const Outcome whole = play(c.octets, c.octets.size());
    EXPECT_EQ(whole.codes, c.codes) << c.name;
    EXPECT_EQ(whole.messages, c.messages) << c.name;
    for (const std::size_t piece : {1, 2, 3, 5, 7, 13, 50})
      EXPECT_EQ(play(c.octets, piece), whole) << c.name << ", in pieces of " << piece;
  }
}

TEST(BadClients, SmuggleNothing) {
  const std::vector<std::string> ends = {
      "\n.\n", "\n.\r\n", "\r.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\r\n\n.\r\n", "\r\r.\r\r", "\r\n\0.\r\n"s, "\r\n.\0\r\n"s,
      "\r\n.\r\0\n"s, "\0\r\n\0.\0\r\n\0"s, "\r\n. \r\n", "\n\r.\n\r", "\r\n.\r\r\n", "\r\n..\r\n", "\v.\v"};
  for (const bool lf_allowed : {false, true}) {
    for (const auto& end : ends) {
      const std::string octets = kEnvelope + "DATA\r\nharmless" + end +
                                 "MAIL FROM:<evil@example>\r\nRCPT TO:<c@d>\r\nDATA\r\nsmuggled\r\n.\r\nQUIT\r\n";
      for (const std::size_t piece : {1, 2, 3, 1000}) {
        const Outcome outcome = play(octets, piece, lf_allowed);
        EXPECT_EQ(outcome.codes, "220 250 250 250 354 250 221") << testing::PrintToString(end);
        ASSERT_EQ(outcome.messages.size(), 1U);
        EXPECT_NE(outcome.messages[0].find("smuggled"), std::string::npos);
      }
    }
  }
}

TEST(BadClients, SmuggleNothingBetweenLinesThatEndWithLf) {
  for (const auto& end : {"\n.\r\n"s, "\r\n.\r\n"s, "\r.\r\n"s, "\r.\n"s, "\n.\0\n"s, "\n. \n"s, "\n..\n"s}) {
    const std::string octets = "EHLO me\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\nharmless" + end +
                               "MAIL FROM:<evil@example>\nRCPT TO:<c@d>\nDATA\nsmuggled\n.\nQUIT\n";
    for (const std::size_t piece : {1, 2, 3, 1000}) {
      const Outcome outcome = play(octets, piece, true);
      EXPECT_EQ(outcome.codes, "220 250 250 250 354 250 221") << testing::PrintToString(end);
      EXPECT_EQ(outcome.messages.size(), 1U);
    }
  }
}

}  // namespace
}  // namespace mailchute::smtp
