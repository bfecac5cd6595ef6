// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/dsn_status.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "unit/mail/dsn_fixture.h"

namespace mailchute::mail {
namespace {

std::string field(const DsnReport& report, std::string_view name) {
  const std::string text = "\n" + format_delivery_status(report);
  const std::string start = "\n" + std::string(name) + ": ";
  const std::size_t begin = text.find(start);
  if (begin == std::string::npos) return "";
  const std::size_t value = begin + start.size();
  return text.substr(value, text.find('\n', value) - value);
}

TEST(DsnStatus, CodeFitsTheAction) {
  using enum DsnAction;
  struct Case {
    DsnAction action;
    DsnCause cause;
    std::string_view status, reply, code;
  };
  constexpr auto kReply = DsnCause::reply;
  for (const Case& c : {
           Case{failed, kReply, "", "550 5.1.1 who?", "5.1.1"},
           Case{failed, kReply, "5.1.2", "550 5.1.1 who?", "5.1.2"},
           Case{failed, kReply, "", "550 who?", "5.0.0"},
           Case{failed, kReply, "", "550", "5.0.0"},
           Case{failed, kReply, "", "550 4.1.1 who?", "5.0.0"},  // RFC 2034, 4
           Case{failed, kReply, "", "connection lost", "5.0.0"},
           Case{failed, kReply, "4.4.2", "connection lost", "5.4.2"},
           Case{failed, kReply, "2.0.0", "250 2.1.5 fine", "5.0.0"},
           Case{failed, kReply, "5.1.1\nX: y", "", "5.0.0"},
           Case{failed, DsnCause::expired, "", "450 4.2.2 full", "4.2.2"},
           Case{failed, DsnCause::expired, "5.4.7", "450 4.2.2 full", "4.2.2"},
           Case{failed, DsnCause::expired, "5.4.7", "450 full", "5.4.7"},
           Case{failed, DsnCause::expired, "", "connection lost", "5.4.7"},
           Case{delayed, kReply, "", "450 4.2.2 full", "4.2.2"},
           Case{delayed, kReply, "", "550 5.7.1 not yours", "4.7.1"},
           Case{delayed, kReply, "", "connection lost", "4.0.0"},
           Case{relayed, kReply, "", "250 2.1.5 fine", "2.1.5"},
           Case{delivered, kReply, "", "550 5.1.1 who?", "2.0.0"},
       }) {
    DsnRecipient recipient;
    recipient.action = c.action;
    recipient.cause = c.cause;
    recipient.status = c.status;
    recipient.reply = c.reply;
    EXPECT_EQ(dsn_status_code(recipient).text(), c.code) << c.status << " " << c.reply;
  }
}

TEST(DsnStatus, ActionsAreTheStandardsWords) {
  for (const auto& [action, word] : {std::pair{DsnAction::failed, "failed"},
                                     {DsnAction::delayed, "delayed"},
                                     {DsnAction::delivered, "delivered"},
                                     {DsnAction::relayed, "relayed"}}) {
    EXPECT_EQ(name_of(action), word);
  }
}

TEST(DsnStatus, SaysUntilWhenItWillBeTried) {
  DsnRecipient recipient = unknown_user();
  recipient.retry_until = Time(Seconds(1795385880));
  EXPECT_EQ(field(report_of({recipient}), "Will-Retry-Until"), "");
  recipient.action = DsnAction::delayed;
  EXPECT_EQ(field(report_of({recipient}), "Will-Retry-Until"), "Sun, 22 Nov 2026 23:18:00 +0100");
}

TEST(DsnStatus, AddressesHaveTheirTypeAndSevenBits) {
  struct Case {
    std::string_view address, shown;
  };
  for (const Case& c : {
           Case{"who@example.net", "rfc822; who@example.net"},
           Case{"\"a b\"@example.net", "rfc822; \"a b\"@example.net"},
           Case{"josé@example.net", "utf-8; jos\\x{E9}@example.net"},
           Case{"日😀+x@example.net", "utf-8; \\x{65E5}\\x{1F600}\\x{2B}x@example.net"},
           Case{"jos\xe9@example.net", "rfc822; jos\\xe9@example.net"},
           Case{"a\nAction: delivered", "utf-8; a\\x{0A}Action:\\x{20}delivered"},
       }) {
    DsnRecipient recipient = unknown_user();
    recipient.address = c.address;
    EXPECT_EQ(field(report_of({recipient}), "Final-Recipient"), c.shown);
  }
}

TEST(DsnStatus, OriginalRecipientIsTakenOutOfItsXtext) {
  struct Case {
    std::string_view original, shown;
  };
  for (const Case& c : {
           Case{"", ""},
           Case{"rfc822;who@example.net", "rfc822; who@example.net"},
           Case{"rfc822;who+2Btag@example.net", "rfc822; who+tag@example.net"},
           Case{"who@example.net", "rfc822; who@example.net"},
           Case{"utf-8;jos\\x{E9}@x", "utf-8; jos\\x{E9}@x"},
           Case{"rfc822;a+0D+0AAction:+20delivered", "rfc822; a+0D+0AAction:+20delivered"},
           Case{"rfc822;a+C3+A9", "rfc822; a+C3+A9"},
           Case{"rfc822;a+2", "rfc822; a+2"},
           Case{"rfc822;a+2b+ZZ", "rfc822; a+2b+ZZ"},
       }) {
    DsnRecipient recipient = unknown_user();
    recipient.original = c.original;
    EXPECT_EQ(field(report_of({recipient}), "Original-Recipient"), c.shown);
  }
}

TEST(DsnStatus, EnvelopeIdIsTakenOutOfItsXtext) {
  DsnReport report = report_of({unknown_user()});
  report.original.envelope_id = "id+3D5";
  EXPECT_EQ(field(report, "Original-Envelope-Id"), "id=5");
  report.original.envelope_id = "id+0A5";
  EXPECT_EQ(field(report, "Original-Envelope-Id"), "id+0A5");
}

TEST(DsnStatus, AnAddressIsNoNameOfAMailServer) {
  for (const auto& [host, shown] : {std::pair{"mail.example.org", "dns; mail.example.org"},
                                    {"192.0.2.1", "dns; [192.0.2.1]"},
                                    {"2001:db8::1", "dns; [IPv6:2001:db8::1]"},
                                    {"4you.example", "dns; 4you.example"}}) {
    DsnRecipient recipient = unknown_user();
    recipient.remote_mta = host;
    EXPECT_EQ(field(report_of({recipient}), "Remote-MTA"), shown);
  }
}

TEST(DsnStatus, DiagnosticSaysWhoseWordsItHas) {
  DsnRecipient recipient = unknown_user();
  EXPECT_EQ(field(report_of({recipient}), "Diagnostic-Code"), "smtp; 550 5.1.1 who?");
  recipient.reply = "connection lost";
  EXPECT_EQ(field(report_of({recipient}), "Diagnostic-Code"), "x-mailchute; connection lost");
  recipient.reply = "550 a\r\nAction: delivered\n\nb\xc3\xa9";
  EXPECT_EQ(field(report_of({recipient}), "Diagnostic-Code"),
            "smtp; 550 a\\x0d\\nAction: delivered\\n\\nb\\xc3\\xa9");
  recipient.reply = "";
  EXPECT_EQ(field(report_of({recipient}), "Diagnostic-Code"), "");
}

TEST(DsnStatus, HostileRepliesAreCutAndFolded) {
  for (const std::string& reply :
       {"550 " + std::string(100000, 'x'), "550" + std::string(100000, ' ') + "x",
        "550 " + std::string(100000, '\n'), "550 " + std::string(100000, '\xff')}) {
    DsnRecipient recipient = unknown_user();
    recipient.reply = reply;
    const std::string text = format_delivery_status(report_of({recipient}));
    EXPECT_LT(text.size(), 5000u);
    for (const std::string_view line : split(text, '\n')) EXPECT_LE(line.size(), 998u);
    EXPECT_NE(text.find("\nLast-Attempt-Date: "), std::string::npos);
  }
}

TEST(DsnStatus, NamesEveryRecipientOfMany) {
  std::vector<DsnRecipient> many(20000, unknown_user());
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i].address = std::to_string(i) + "@example.net";
    many[i].reply = "550 5.1.1 " + std::string(1000, 'x');
  }
  const std::string text = format_delivery_status(report_of(many));
  std::size_t at = 0;
  for (const DsnRecipient& recipient : many) {
    at = text.find("\n\nFinal-Recipient: rfc822; " + recipient.address + "\nAction: failed\n", at);
    ASSERT_NE(at, std::string::npos);
  }
  EXPECT_LT(text.size(), std::size_t{10} << 20);
}

}  // namespace
}  // namespace mailchute::mail
