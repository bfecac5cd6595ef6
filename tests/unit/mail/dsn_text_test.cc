// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/dsn_text.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "unit/mail/dsn_fixture.h"

namespace mailchute::mail {
namespace {

bool says(const DsnReport& report, std::string_view words) {
  std::string text = format_dsn_text(report);
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text.find(words) != std::string::npos;
}

TEST(DsnText, BeginsWithWhatHappenedToWhichAddress) {
  struct Case {
    DsnAction action;
    std::string_view start;
  };
  for (const Case& c : {
           Case{DsnAction::failed, "Your message could not be delivered to:\n\n  who@"},
           Case{DsnAction::delayed, "Your message has not been delivered yet to:\n\n  who@"},
           Case{DsnAction::delivered, "Your message was delivered to:\n\n  who@"},
           Case{DsnAction::relayed, "Your message is on its way to:\n\n  who@"},
       }) {
    DsnRecipient recipient = unknown_user();
    recipient.action = c.action;
    EXPECT_TRUE(format_dsn_text(report_of({recipient})).starts_with(c.start));
  }
}

TEST(DsnText, ExpiredMailWasTriedAgainAndAgain) {
  DsnRecipient recipient = unknown_user();
  recipient.cause = DsnCause::expired;
  recipient.reply = "450 4.2.2 over quota";
  EXPECT_TRUE(says(report_of({recipient}),
                   "It was tried again and again since Sun, 22 Nov 2026 23:17:00 +0100, the last "
                   "time on Sun, 22 Nov 2026 23:17:01 +0100. The mailbox of the recipient is full. "
                   "The mail server's last words:    450 4.2.2 over quota  Send your message "));
  recipient.reply = "connection lost";
  EXPECT_TRUE(says(report_of({recipient}), "23:17:01 +0100. The last reason:    connection lost"));
}

TEST(DsnText, DelayedMailNeedsNothing) {
  DsnRecipient recipient = unknown_user();
  recipient.action = DsnAction::delayed;
  recipient.reply = "450 4.3.1 disk full";
  EXPECT_TRUE(says(report_of({recipient}), "You need not do anything, nor send it again: it will be tried again."));
  recipient.retry_until = Time(Seconds(1795385880));
  EXPECT_TRUE(says(report_of({recipient}), "tried again until Sun, 22 Nov 2026 23:18:00 +0100."));
}

TEST(DsnText, MailThatWasPassedOnHasNotArrivedYet) {
  DsnRecipient recipient = unknown_user();
  recipient.action = DsnAction::relayed;
  recipient.reply = "250 2.0.0 queued as 7X";
  EXPECT_TRUE(says(report_of({recipient}),
                   "The mail server mail.example.org has taken it, but does not tell whether it is delivered in the "
                   "end. The mail server's own words:    250 2.0.0 queued as 7X  You need not do anything. If it cannot "
                   "be delivered, that mail server should tell you.  Your message was handed in on box.example.org"))
      << format_dsn_text(report_of({recipient}));
}

TEST(DsnText, WhereNobodyWasAskedNobodyElseIsBlamed) {
  DsnRecipient recipient = unknown_user();
  recipient.remote_mta.clear();
  recipient.reply = "/etc/aliases:3: root leads nowhere";
  recipient.cause = DsnCause::here;
  recipient.action = DsnAction::delayed;
  EXPECT_TRUE(says(report_of({recipient}), "The mail system of box.example.org could not send it on. The reason:    "
                                           "/etc/aliases:3: root leads nowhere  You need not do anything"));
  recipient.action = DsnAction::failed;
  recipient.cause = DsnCause::expired;
  const std::string text = format_dsn_text(report_of({recipient}));
  EXPECT_TRUE(says(report_of({recipient}), "Show this message to the administrator of box.example.org.")) << text;
  EXPECT_EQ(text.find("mail server"), text.npos) << text;
}

TEST(DsnText, TheWorstComesFirst) {
  DsnRecipient relayed = unknown_user();
  relayed.action = DsnAction::relayed;
  DsnRecipient late = unknown_user();
  late.action = DsnAction::delayed;
  const std::string text = format_dsn_text(report_of({relayed, late, unknown_user()}));
  EXPECT_LT(text.find("could not be delivered to"), text.find("has not been delivered yet"));
  EXPECT_LT(text.find("has not been delivered yet"), text.find("on its way"));
}

TEST(DsnText, AnAdministratorCanTakeMailOut) {
  DsnRecipient recipient = unknown_user();
  recipient.cause = DsnCause::administrator;
  recipient.reply = "";
  EXPECT_TRUE(says(report_of({recipient}),
                   "An administrator of box.example.org has taken it out of the queue.  Ask"));
}

TEST(DsnText, RecipientsOfOneFateAreToldOfTogether) {
  DsnRecipient other = unknown_user();
  other.address = "else@example.net";
  other.reply = "552 5.2.2 full";
  DsnRecipient third = unknown_user();
  third.address = "three@example.net";
  const std::string text = format_dsn_text(report_of({unknown_user(), other, third}));
  EXPECT_NE(text.find("\n  who@example.net\n  three@example.net\n\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  else@example.net\n\nThe mailbox of"), std::string::npos) << text;
}

TEST(DsnText, ManyRecipientsAreCounted) {
  std::vector<DsnRecipient> same(60, unknown_user());
  EXPECT_TRUE(says(report_of(same), "and 10 more, which the attached report lists"));
  std::vector<DsnRecipient> different(60, unknown_user());
  for (std::size_t i = 0; i < 60; ++i) different[i].reply = "550 " + std::to_string(i);
  EXPECT_TRUE(says(report_of(different), "There are 50 more addresses, which the attached report"));
}

TEST(DsnText, HostileWordsStayInTheirLines) {
  DsnRecipient recipient = unknown_user();
  recipient.address = "a\n--=_7NEW\nb@x";
  recipient.remote_mta = "m\nx";
  recipient.reply =
      "550 x\n--=_7NEW\nContent-Type: text/html\x1b[2J\u202e\xff" + std::string(9999, 'y');
  DsnReport report = report_of({recipient});
  report.original.header = "Subject: =?UTF-8?Q?a=0A--=3D=5F7NEW=0Ab=1B?=\n";
  const std::string text = format_dsn_text(report);
  EXPECT_EQ(text.find("\n--"), std::string::npos) << text;
  EXPECT_EQ(text.find("\nContent-Type"), std::string::npos) << text;
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_LT(text.size(), 3000u);
}

TEST(DsnText, SubjectIsDecodedAndShortened) {
  struct Case {
    std::string_view header, subject;
  };
  for (const Case& c : {
           Case{"", ""},
           Case{"To: x\n", ""},
           Case{"To: x\nsubject: Disk\n full\nSubject: two\n", "Disk full"},
           Case{"Subject: =?UTF-8?Q?J=C3=B6rg?=\n", "Jörg"},
           Case{"Subject: =?KOI8-R?Q?=C1?=\n", ""},
           Case{"no header at all\nSubject: x\n", ""},
           Case{"Subject: 123456789 123456789 123456789 123456789 123456789 123456789 1\n",
                "123456789 123456789 123456789 123456789 123456789 1234567..."},
       }) {
    EXPECT_EQ(readable_subject(c.header), c.subject);
  }
}

TEST(DsnText, OneFailureMakesAllOfItAFailure) {
  DsnRecipient good = unknown_user();
  good.action = DsnAction::relayed;
  DsnRecipient late = unknown_user();
  late.action = DsnAction::delayed;
  EXPECT_EQ(overall_action(report_of({good, unknown_user(), late})), DsnAction::failed);
  EXPECT_EQ(overall_action(report_of({good, late})), DsnAction::delayed);
  EXPECT_EQ(overall_action(report_of({good})), DsnAction::relayed);
}

}  // namespace
}  // namespace mailchute::mail
