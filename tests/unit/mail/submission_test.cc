// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/submission.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace mailchute::mail {
namespace {

constexpr std::string_view kDate = "Sun, 22 Nov 2026 22:17:02 +0000";
constexpr std::string_view kFull = "Date: d\nFrom: f@x\nMessage-ID: <m@x>\n";  // nothing missing

Surroundings surroundings() {
  Surroundings at;
  at.hostname = "box.example.org";
  at.domain = "example.org";
  at.uid = 1000;
  at.login = "ann";
  at.gecos_name = "Ann Example";
  at.queue_id = "ID";
  at.now = Time(Seconds(1795385822));
  return at;
}

Header header_of(std::string_view text) {
  HeaderReader reader;
  EXPECT_TRUE(reader.feed(text));
  reader.finish();
  EXPECT_EQ(reader.body(), "");
  return std::move(reader.header());
}

Request to(std::vector<std::string> recipients) {
  Request request;
  request.recipients = std::move(recipients);
  return request;
}

Request from_header(std::vector<std::string> recipients = {}) {
  Request request = to(std::move(recipients));
  request.recipients_from_header = true;
  return request;
}

Submission prepared(std::string_view header, const Request& request) {
  auto submission = prepare(header_of(header), request, surroundings());
  EXPECT_TRUE(submission) << (submission ? "" : submission.error().text);
  return submission ? std::move(*submission) : Submission{};
}

// The header without our Received field and the blank line.
std::string fields(std::string_view header, const Request& request = to({"you@example.net"})) {
  const std::string text = prepared(header, request).header;
  const std::size_t end = text.find("\n", text.find(kDate)) + 1;
  EXPECT_TRUE(text.starts_with("Received: by box.example.org (mailchute, from uid 1000)\n"));
  EXPECT_TRUE(text.ends_with("\n\n"));
  return text.substr(end, text.size() - end - 1);
}

std::string recipients(std::string_view header, const Request& request) {
  std::string out;
  for (const Recipient& recipient : prepared(header, request).envelope.recipients) {
    out += (out.empty() ? "" : " ") + recipient.address;
  }
  return out;
}

std::string sender(std::optional<std::string> reverse_path) {
  Request request = to({"you"});
  request.reverse_path = std::move(reverse_path);
  return prepared("", request).envelope.reverse_path;
}

TEST(Submission, AddsWhatIsMissing) {
  EXPECT_EQ(fields("Subject: x\n"),
            "Subject: x\n"
            "Date: Sun, 22 Nov 2026 22:17:02 +0000\n"
            "From: Ann Example <ann@example.org>\n"
            "Message-ID: <20261122221702.ID@box.example.org>\n");
}

TEST(Submission, LeavesWhatIsThereOctetForOctet) {
  const std::string header =
      "X-Odd :  spaces \t \n folded\n\t again\nDATE: never\nMESSAGE-id: mine\nfrom: a@x\r\n"
      "X-Eight: \xff\xfe\nTo: \"A, B\" <a@x>,\n   b@x (c)\nFrom: second@x\nX-Long: " +
      std::string(5000, 'x') + "\n";
  EXPECT_EQ(fields(header), header);
}

TEST(Submission, QualifiesBareNamesInAddressFieldsOnly) {
  EXPECT_EQ(fields("From: root (Cron Daemon)\nSender: s\nReply-To: r\nTo: a, B <b>\nCc: c;\n"
                   "Subject: root\nX-To: root\nDate: d\nMessage-ID: <m@x>\n"),
            "From: root@example.org (Cron Daemon)\nSender: s@example.org\n"
            "Reply-To: r@example.org\nTo: a@example.org, B <b@example.org>\nCc: c@example.org;\n"
            "Subject: root\nX-To: root\nDate: d\nMessage-ID: <m@x>\n");
}

TEST(Submission, RemovesBccAndReturnPathWithAndWithoutT) {
  const std::string header =
      "Bcc: b1@x,\n\tb2@x\nReturn-Path: <r@x>\nTO: a@x\nbcc: b3@x\nBcc-Not: y\n";
  for (const Request& request : {to({"a@x"}), from_header()}) {
    const std::string kept = fields(header + std::string(kFull), request);
    EXPECT_EQ(kept.find("b1@"), std::string::npos);
    EXPECT_EQ(kept.find("b2@"), std::string::npos);
    EXPECT_EQ(kept.find("b3@"), std::string::npos);
    EXPECT_EQ(kept.find("Return-Path"), std::string::npos);
  }
}

TEST(Submission, TakesRecipientsFromArguments) {
  EXPECT_EQ(recipients("To: other@x\n", to({"a@x, b@x", "Bob <c@x>", "root"})),
            "a@x b@x c@x root@box.example.org");
}

TEST(Submission, TakesRecipientsFromToCcAndBccToo) {
  EXPECT_EQ(recipients("To: t1@x\nCc: Group: c1@x, c2;\nBcc: b@x\nTo: t2@x\nReply-To: r@x\n",
                       from_header({"arg@x"})),
            "arg@x t1@x c1@x c2@box.example.org b@x t2@x");
}

TEST(Submission, SendsToEachMailboxOnce) {
  EXPECT_EQ(recipients("To: a@X, A@x, \"a\"@x, root@Box.example.org\n", from_header({"a@x", "root"})),
            "a@x root@box.example.org A@x");
}

TEST(Submission, ResentMessageGoesToTheFirstResentBlockOnly) {
  EXPECT_EQ(recipients("Received: r\nResent-From: me@x\nResent-To: new@x\nResent-Bcc: blind@x\n"
                       "Received: r\nResent-From: old@x\nResent-To: old@x\nTo: first@x\n",
                       from_header({"arg@x"})),
            "arg@x new@x blind@x");
}

TEST(Submission, ResentMessageGetsResentFieldsAtItsBlock) {
  EXPECT_EQ(
      fields("Received: r\nResent-To: new\nResent-Bcc: blind@x\nFrom: f\nTo: t\n", from_header()),
      "Received: r\n"
      "Resent-Date: Sun, 22 Nov 2026 22:17:02 +0000\n"
      "Resent-From: Ann Example <ann@example.org>\n"
      "Resent-Message-ID: <20261122221702.ID@box.example.org>\n"
      "Resent-To: new@example.org\nFrom: f@example.org\nTo: t@example.org\n");
}

TEST(Submission, ReversePathIsTheCallersOrTheLogin) {
  EXPECT_EQ(sender({}), "ann@box.example.org");
  EXPECT_EQ(sender("bounces@x"), "bounces@x");
  EXPECT_EQ(sender("fail2ban"), "fail2ban@box.example.org");
  EXPECT_EQ(sender(""), "");
  EXPECT_EQ(sender("<>"), "");
}

struct Author {
  std::optional<std::string> reverse_path;
  std::optional<std::string> full_name;
  std::string_view from;
};

TEST(Submission, AuthorIsTheSenderWithANameThatIsHis) {
  for (const Author& author : {
           Author{{}, {}, "Ann Example <ann@example.org>"},
           Author{{}, "CronDaemon", "CronDaemon <ann@example.org>"},
           Author{{}, "", "ann@example.org"},
           Author{"other@x", {}, "other@x"},
           Author{"ann", {}, "Ann Example <ann@example.org>"},
           Author{"ann@example.org", {}, "Ann Example <ann@example.org>"},
           Author{"fail2ban", {}, "fail2ban@example.org"},
           Author{"other@x", "Some, One", "\"Some, One\" <other@x>"},
           Author{"<>", {}, "MAILER-DAEMON@example.org"},
       }) {
    Request request = to({"you@x"});
    request.reverse_path = author.reverse_path;
    request.full_name = author.full_name;
    EXPECT_EQ(fields("Date: d\nMessage-ID: <m@x>\n", request),
              "Date: d\nMessage-ID: <m@x>\nFrom: " + std::string(author.from) + "\n");
  }
}

TEST(Submission, NothingTheCallerSaysBecomesAFieldOfItsOwn) {
  const std::string evil = "x\r\nEvil: yes\n\nbody";
  Request request = to({"you@x"});
  request.full_name = evil;
  Surroundings at = surroundings();
  at.gecos_name = evil;
  at.hostname = evil;
  at.login = evil;
  for (int round = 0; round < 2; ++round) {
    const auto submission = prepare({}, request, at);
    ASSERT_TRUE(submission);
    for (const std::string_view line : split(submission->header, '\n')) {
      EXPECT_FALSE(line.starts_with("Evil")) << submission->header;
    }
    EXPECT_EQ(submission->header.find("\n\n"), submission->header.size() - 2);
    request.full_name.reset();  // then the account's
  }
  request.reverse_path = evil;
  EXPECT_FALSE(prepare({}, request, at));
  EXPECT_FALSE(prepare({}, to({"you@x\nEvil: yes"}), surroundings()));
}

TEST(Submission, BadRecipientsDoNotDropTheGoodOnes) {
  const Submission submission =
      prepared("To: good@x, bad@@x\n", from_header({"also good@x", "fine@x", ""}));
  ASSERT_EQ(submission.bad.size(), 3u);
  EXPECT_EQ(submission.bad[0].text, "also good@x");
  EXPECT_EQ(submission.bad[1].text, "");
  EXPECT_EQ(submission.bad[2].text, "bad@@x");
  EXPECT_EQ(submission.envelope.recipients.size(), 2u);
}

TEST(Submission, WithoutAUsableRecipientThereIsNone) {
  const auto error = [](std::string_view header, const Request& request) {
    const auto submission = prepare(header_of(header), request, surroundings());
    EXPECT_FALSE(submission);
    EXPECT_EQ(submission.error().kind, Error::Kind::data);
    return submission.error().text;
  };
  EXPECT_NE(error("To: a@x\n", to({})).find("use -t"), std::string::npos);
  EXPECT_NE(error("To: list:;\n", from_header()).find("none in the header"), std::string::npos);
  EXPECT_NE(error("", to({"a b\n"})).find("'a b': blank"), std::string::npos);
  Request bad_sender = to({"you@x"});
  bad_sender.reverse_path = "no one\n@x";
  EXPECT_NE(error("", bad_sender).find("sender 'no one\\n@x'"), std::string::npos);
}

TEST(Submission, LoginThatIsNoSenderIsNamed) {
  Surroundings at = surroundings();
  at.login = std::string(1100, 'x');
  const auto refused = prepare({}, to({"you@x"}), at);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::data);
  EXPECT_NE(refused.error().text.find("xxx': longer than 1024"), std::string::npos);
}

TEST(Submission, TrimmedDomainKeepsTheWholeAddressInBounds) {
  Surroundings at = surroundings();
  at.domain = std::string(200, 'd');
  const auto submission = prepare({}, to({std::string(kMaxAddress, 'a'), "b"}), at);
  ASSERT_TRUE(submission);
  EXPECT_EQ(submission->bad.size(), 1u);
}

TEST(Submission, WishesGoIntoTheEnvelope) {
  Request request = to({"a@x", "b@x"});
  request.notify.delay = true;
  request.body = BodyType::eight_bit_mime;
  request.ret = Return::headers;
  request.envelope_id = "id";
  request.wait_for_queue_run = true;
  const Envelope envelope = prepared("", request).envelope;
  EXPECT_TRUE(envelope.recipients[0].notify.delay && envelope.recipients[1].notify.delay);
  EXPECT_EQ(envelope.body, BodyType::eight_bit_mime);
  EXPECT_EQ(envelope.ret, Return::headers);
  EXPECT_EQ(envelope.envelope_id, "id");
  EXPECT_EQ(envelope.uid, 1000u);
  EXPECT_EQ(envelope.time, surroundings().now);
  EXPECT_TRUE(envelope.wait_for_queue_run);
}

TEST(Submission, AsksForTheLoginOnlyWhereItMatters) {
  Request request;
  EXPECT_TRUE(needs_login(header_of("From: f\n"), request));
  request.reverse_path = "f";
  EXPECT_FALSE(needs_login(header_of("From: f\n"), request));
  EXPECT_TRUE(needs_login(header_of("To: t\n"), request));
  EXPECT_TRUE(needs_login(header_of("Resent-To: t\nFrom: f\n"), request));
  request.full_name = "F";
  EXPECT_FALSE(needs_login(header_of("To: t\n"), request));
}

Envelope by_smtp(std::string reverse_path, std::vector<std::string> recipients) {
  Envelope envelope;
  envelope.reverse_path = std::move(reverse_path);
  for (auto& address : recipients) envelope.recipients.push_back({std::move(address), "", {}});
  return envelope;
}

TEST(Submission, EnvelopeFromSmtpKeepsItsParameters) {
  Envelope given = by_smtp("me@x", {"you@x", "root"});
  given.recipients[0].original = "rfc822;first@x";
  given.recipients[1].notify.never = true;
  given.envelope_id = "id";
  given.ret = Return::full;
  given.body = BodyType::eight_bit_mime;
  Envelope expected = given;
  expected.recipients[1].address = "root@box.example.org";
  expected.uid = 1000;
  expected.time = surroundings().now;
  EXPECT_EQ(prepare({}, given, "ESMTP", surroundings()).envelope, expected);
}

TEST(Submission, BareNamesFromSmtpAreThisMachines) {
  const auto envelope =
      prepare({}, by_smtp("\"a b\"", {"root", "\"x@y\"", "\"x@y\"@z", "u@[192.0.2.1]"}), "SMTP",
              surroundings())
          .envelope;
  EXPECT_EQ(envelope.reverse_path, "\"a b\"@box.example.org");
  std::string addresses;
  for (const auto& recipient : envelope.recipients) addresses += recipient.address + " ";
  EXPECT_EQ(addresses, "root@box.example.org \"x@y\"@box.example.org \"x@y\"@z u@[192.0.2.1] ");
  EXPECT_EQ(prepare({}, by_smtp("", {"a@x"}), "SMTP", surroundings()).envelope.reverse_path, "");
}

TEST(Submission, RecipientsFromSmtpAreSentToOnce) {
  Envelope given = by_smtp("me@x", {"a@X", "a@x", "A@x", "root", "root@BOX.example.org"});
  given.recipients[0].notify.delay = true;
  const auto envelope = prepare({}, given, "SMTP", surroundings()).envelope;
  ASSERT_EQ(envelope.recipients.size(), 3u);
  EXPECT_TRUE(envelope.recipients[0].notify.delay);
  EXPECT_EQ(envelope.recipients[1].address, "A@x");
  EXPECT_EQ(envelope.recipients[2].address, "root@box.example.org");
}

TEST(Submission, HeaderFromSmtpIsMendedLikeAnyOther) {
  const auto text = [](std::string reverse_path) {
    return prepare(header_of("To: root\nBcc: b@x\nDate: d\nMessage-ID: <m@x>\n"),
                   by_smtp(std::move(reverse_path), {"you@x"}), "ESMTP", surroundings())
        .header;
  };
  const std::string start =
      "Received: by box.example.org (mailchute, from uid 1000)\n\twith ESMTP id ID\n"
      "\tfor <you@x>;\n\t" + std::string(kDate) +
      "\nTo: root@example.org\nDate: d\nMessage-ID: <m@x>\nFrom: ";
  EXPECT_EQ(text("me@x"), start + "me@x\n\n");
  EXPECT_EQ(text("ann"), start + "Ann Example <ann@example.org>\n\n");
  EXPECT_EQ(text(""), start + "MAILER-DAEMON@example.org\n\n");
}

TEST(Submission, MendingTwiceChangesOnlyTheTrace) {
  const std::string once = fields("To: root, Bob <bob>\nBcc: x\n");
  EXPECT_EQ(fields(once), once);
}

}  // namespace
}  // namespace mailchute::mail
