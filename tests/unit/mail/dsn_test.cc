// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/dsn.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "mail/quoted_printable.h"
#include "unit/mail/dsn_fixture.h"

namespace mailchute::mail {
namespace {

// The header section of the notification itself.
std::string header_of(const Dsn& dsn) { return dsn.head.substr(0, dsn.head.find("\n\n") + 1); }

TEST(Dsn, OfAnUnknownUserIsThisText) {
  const Dsn dsn = compose_dsn(report_of({unknown_user()}));
  EXPECT_EQ(dsn.head,
            "From: Mail Delivery System <MAILER-DAEMON@box.example.org>\n"
            "To: <ann@example.org>\n"
            "Subject: Undelivered mail: Disk full\n"
            "Date: Sun, 22 Nov 2026 23:17:02 +0100\n"
            "Message-ID: <20261122221702.7NEW@box.example.org>\n"
            "In-Reply-To: <1@box.example.org>\n"
            "References: <1@box.example.org>\n"
            "Auto-Submitted: auto-replied\n"
            "Content-Language: en\n"
            "MIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=delivery-status;\n"
            " boundary=\"=_7NEW\"\n"
            "\n"
            "--=_7NEW\n"
            "Content-Description: What happened\n"
            "Content-Type: text/plain; charset=us-ascii\n"
            "\n"
            "Your message could not be delivered to:\n"
            "\n"
            "  who@example.net\n"
            "\n"
            "The mail server mail.example.org says that there is no such mailbox. The\n"
            "mail server's own words:\n"
            "\n"
            "  550 5.1.1 who?\n"
            "\n"
            "Check the address for typing errors, then send your message again.\n"
            "\n"
            "Your message was handed in on box.example.org on Sun, 22 Nov 2026\n"
            "23:17:00 +0100 with the subject \"Disk full\". It is attached.\n"
            "\n"
            "--=_7NEW\n"
            "Content-Description: Report for programs\n"
            "Content-Type: message/delivery-status\n"
            "\n"
            "Reporting-MTA: dns; box.example.org\n"
            "Arrival-Date: Sun, 22 Nov 2026 23:17:00 +0100\n"
            "X-Mailchute-Queue-Id: 7OLD\n"
            "\n"
            "Final-Recipient: rfc822; who@example.net\n"
            "Action: failed\n"
            "Status: 5.1.1\n"
            "Remote-MTA: dns; mail.example.org\n"
            "Diagnostic-Code: smtp; 550 5.1.1 who?\n"
            "Last-Attempt-Date: Sun, 22 Nov 2026 23:17:01 +0100\n"
            "\n"
            "--=_7NEW\n"
            "Content-Description: Your message\n"
            "Content-Type: message/rfc822\n"
            "\n");
  EXPECT_TRUE(dsn.whole_message);
  EXPECT_FALSE(dsn.eight_bit);
  EXPECT_EQ(dsn.tail, "\n--=_7NEW--\n");
}

TEST(Dsn, ReturnsTheHeaderOfALargeMessage) {
  DsnReport report = report_of({unknown_user()});
  report.original.size = kMaxReturned + 1;
  const Dsn dsn = compose_dsn(report);
  EXPECT_FALSE(dsn.whole_message);
  EXPECT_TRUE(
      dsn.head.ends_with("\n--=_7NEW\n"
                         "Content-Description: Header of your message\n"
                         "Content-Type: text/rfc822-headers\n"
                         "\n"
                         "From: Ann <ann@example.org>\n"
                         "Subject: Disk full\n"
                         "Message-ID: <1@box.example.org>\n"));
  EXPECT_NE(dsn.head.find("Its header is attached."), std::string::npos);
}

TEST(Dsn, ReturnsWhatTheSenderAskedForWhereItCan) {
  struct Case {
    Return ret;
    DsnAction action;
    std::uint64_t size, longest_line;
    bool nul, whole;
  };
  using enum DsnAction;
  for (const Case& c : {
           Case{Return::unspecified, failed, kMaxReturned, 998, false, true},
           Case{Return::unspecified, failed, kMaxReturned + 1, 10, false, false},
           Case{Return::full, failed, kMaxReturnedOnRequest, 10, false, true},
           Case{Return::full, failed, kMaxReturnedOnRequest + 1, 10, false, false},
           Case{Return::headers, failed, 10, 10, false, false},
           Case{Return::full, delayed, 10, 10, false, false},  // RFC 3461, 4.3
           Case{Return::full, relayed, 10, 10, false, false},
           Case{Return::full, failed, 1000, 999, false, false},
           Case{Return::full, failed, 10, 10, true, false},
       }) {
    DsnReport report = report_of({unknown_user()});
    report.recipients[0].action = c.action;
    report.original.ret = c.ret;
    report.original.size = c.size;
    report.original.longest_line = c.longest_line;
    report.original.nul = c.nul;
    EXPECT_EQ(compose_dsn(report).whole_message, c.whole);
  }
}

// A notification that holds it would be refused as well.
TEST(Dsn, DoesNotReturnWhatWasRefusedForWhatItIs) {
  for (const std::string reply : {"552 too much", "552 5.2.3 limit", "552 5.3.4 limit", "451 4.3.4 limit", "554 spam",
                                  "554 5.6.0 not like this", "550 5.7.1 content rejected"}) {
    DsnReport report = report_of({unknown_user()});
    report.original.ret = Return::full;
    report.recipients[0].reply = reply;
    EXPECT_FALSE(compose_dsn(report).whole_message) << reply;
  }
  DsnReport report = report_of({unknown_user()});
  for (const std::string reply : {"552 5.2.2 mailbox full", "550 who?", "554 5.1.1 who?"}) {
    report.recipients[0].reply = reply;
    EXPECT_TRUE(compose_dsn(report).whole_message) << reply;
  }
  report.recipients[0].reply = "we take none";
  report.recipients[0].status = "5.7.1";
  report.recipients[0].cause = DsnCause::alias;
  EXPECT_TRUE(compose_dsn(report).whole_message) << "the aliases of this machine do not read it";
  report.recipients[0].cause = DsnCause::administrator;
  EXPECT_TRUE(compose_dsn(report).whole_message) << "an administrator does not refuse its content";
}

TEST(Dsn, IsWantedAsTheSenderSaysUnlessHeIsNobody) {
  struct Case {
    Notify notify;
    bool failed, delayed, relayed;
  };
  for (const auto& [notify, failed, delayed, relayed] : {
           Case{{}, true, true, false},
           Case{{.never = true}, false, false, false},
           Case{{.success = true}, false, false, true},
           Case{{.failure = true}, true, false, false},
           Case{{.delay = true}, false, true, false},
           Case{{.success = true, .failure = true, .delay = true}, true, true, true},
       }) {
    Envelope envelope;
    envelope.reverse_path = "me@example.org";
    const Recipient recipient{"a@b", {}, notify};
    EXPECT_EQ(wants_report(envelope, recipient, DsnAction::failed), failed);
    EXPECT_EQ(wants_report(envelope, recipient, DsnAction::delayed), delayed);
    EXPECT_EQ(wants_report(envelope, recipient, DsnAction::relayed), relayed);
    envelope.reverse_path.clear();
    for (const auto action : {DsnAction::failed, DsnAction::delayed, DsnAction::relayed}) {
      EXPECT_FALSE(wants_report(envelope, recipient, action));
    }
  }
}

TEST(Dsn, EightBitsAreDeclaredOutsideAndInside) {
  DsnReport report = report_of({unknown_user()});
  report.original.eight_bit = true;
  const Dsn dsn = compose_dsn(report);
  EXPECT_TRUE(dsn.eight_bit);
  EXPECT_TRUE(header_of(dsn).ends_with("\nContent-Transfer-Encoding: 8bit\n"));
  EXPECT_TRUE(dsn.head.ends_with("message/rfc822\nContent-Transfer-Encoding: 8bit\n\n"));
}

TEST(Dsn, EverythingButAReturnedMessageIsOfSevenBits) {
  DsnReport report = report_of({unknown_user()});
  const std::string header = "Subject: größer\nX: " + std::string(2000, 'x') + "\rö\n";
  report.to = "josé@example.org";
  report.original.header = header;
  report.original.ret = Return::headers;
  report.original.eight_bit = true;
  report.recipients[0].address = "jürg@example.net";
  report.recipients[0].reply = "550 5.1.1 kein Postfach für jürg\xff";
  const Dsn dsn = compose_dsn(report);
  EXPECT_FALSE(dsn.eight_bit);
  EXPECT_TRUE(is_seven_bit(dsn.head)) << dsn.head;
  for (const std::string_view line : split(dsn.head, '\n')) EXPECT_LE(line.size(), 78u);
  EXPECT_NE(dsn.head.find("To: =?UTF-8?Q?jos=C3=A9=40example=2Eorg?= :;\n"), std::string::npos);
  EXPECT_NE(dsn.head.find("Subject: Undelivered mail:\n =?UTF-8?Q?gr=C3=B6=C3=9Fer?=\n"),
            std::string::npos);
  EXPECT_NE(dsn.head.find("550 5.1.1 kein Postfach f=C3=BCr j=C3=BCrg\\xff"), std::string::npos);
  EXPECT_TRUE(dsn.head.ends_with("xxx=0D=C3=B6\n"));
}

TEST(Dsn, NothingCanAddAFieldOrAPart) {
  const std::string evil = "x\r\nBcc: you@example.net\r\n\r\n--=_7NEW\r\n";
  DsnRecipient recipient = unknown_user();
  for (auto member : {&DsnRecipient::address, &DsnRecipient::original, &DsnRecipient::reply,
                      &DsnRecipient::status, &DsnRecipient::remote_mta}) {
    recipient.*member = evil;
  }
  DsnReport report = report_of({recipient});
  report.hostname = report.to = report.original.envelope_id = report.original.queue_id = evil;
  const std::string header = "Subject: =?UTF-8?Q?x=0D=0ABcc:_you?=\nMessage-ID: <a\n b>\n";
  report.original.header = header;
  report.original.ret = Return::headers;
  const Dsn dsn = compose_dsn(report);
  EXPECT_EQ(dsn.head.find("\nBcc"), std::string::npos) << dsn.head;
  EXPECT_EQ(dsn.head.find('\r'), std::string::npos);
  EXPECT_EQ(header_of(dsn).find("References"), std::string::npos);
  std::size_t delimiters = 0;
  for (const std::string_view line : split(dsn.head, '\n')) delimiters += line.starts_with("--");
  EXPECT_EQ(delimiters, 3u);
}

TEST(Dsn, ASubjectThatLooksEncodedIsShownAsItWas) {
  DsnReport report = report_of({unknown_user()});
  report.original.header = "Subject: =?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=\n";
  EXPECT_NE(compose_dsn(report).head.find("=3D=3FUTF=2D8=3FQ=3Fx=3F=3D?=\n"), std::string::npos);
}

TEST(Dsn, SubjectSaysWhatItIsAbout) {
  struct Case {
    DsnAction action;
    std::string_view subject;
  };
  for (const Case& c : {
           Case{DsnAction::failed, "Undelivered mail"},
           Case{DsnAction::delayed, "Delayed mail"},
           Case{DsnAction::delivered, "Delivered mail"},
           Case{DsnAction::relayed, "Mail passed on"},
       }) {
    DsnReport report = report_of({unknown_user()});
    report.recipients[0].action = c.action;
    report.original.header = "";
    EXPECT_NE(compose_dsn(report).head.find("\nSubject: " + std::string(c.subject) + "\n"),
              std::string::npos);
  }
}

TEST(Dsn, LongAddressesStayWithinALine) {
  DsnReport report = report_of({unknown_user()});
  report.to = std::string(1000, 'a') + "@x";
  report.recipients[0].address = std::string(1020, 'b') + "@x";
  report.recipients[0].original = "rfc822;" + std::string(1010, 'c');
  const Dsn dsn = compose_dsn(report);
  for (const std::string_view line : split(dsn.head, '\n')) {
    EXPECT_LE(line.size(), 998u);
  }
}

TEST(Dsn, AnEndlessHeaderIsCutBetweenLines) {
  std::string header;
  while (header.size() < (1 << 20)) header += "X-Line: " + std::string(50, 'x') + "\n";
  DsnReport report = report_of({unknown_user()});
  report.original.header = header;
  report.original.ret = Return::headers;
  const Dsn dsn = compose_dsn(report);
  EXPECT_LT(dsn.head.size(), std::size_t{70} << 10);
  EXPECT_TRUE(dsn.head.ends_with("\nX-Line: " + std::string(50, 'x') + "\n"));
}

TEST(Dsn, WithoutAnAddresseeStaysWellFormed) {
  DsnReport report = report_of({unknown_user()});
  report.to = "";
  EXPECT_NE(compose_dsn(report).head.find("\nTo: undisclosed-recipients:;\n"), std::string::npos);
}

}  // namespace
}  // namespace mailchute::mail
