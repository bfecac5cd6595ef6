// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/outgoing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mail/header.h"
#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

using queue::Outcome;
using queue::QueueFixture;
using queue::RecipientStatus;

const mail::SenderPolicy kPolicy{.hostname = "here.example", .domain = "example"};

std::string received(std::uint32_t uid) {
  return "Received: by here.example (mailchute, from uid " + std::to_string(uid) +
         ")\n\twith local id X;\n\tSun, 22 Nov 2026 21:57:51 +0100\n";
}

std::uint64_t size_on_wire(const std::string& text) {
  return text.size() + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Outgoing, HasTheRecipientsThatAreStillToDo) {
  QueueFixture it;
  auto entry = it.entry(queue::envelope_to({"done@a", "todo@b", "failed@c", "doubt@d"}));
  const std::vector<Outcome> outcomes{{0, RecipientStatus::done, ""},
                                      {2, RecipientStatus::failed, "550 who?"}};
  ASSERT_TRUE(it.queue.record(entry, outcomes));
  const auto message = Outgoing::prepare(it.queue.load(entry.id()).value(), kPolicy);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->recipients, (std::vector<std::size_t>{1, 3}));
  EXPECT_FALSE(message->alone);
  const auto transaction = message->transaction(7);
  EXPECT_EQ(transaction.id, 7u);
  EXPECT_EQ(transaction.reverse_path, "sender@example.org");
  ASSERT_EQ(transaction.recipients.size(), 2u);
  EXPECT_EQ(transaction.recipients[1].address, "doubt@d");
}

TEST(Outgoing, IsSentAloneWhenItMayHaveBeenDelivered) {
  QueueFixture it;
  auto entry = it.entry(queue::envelope_to({"a@a", "b@b"}));
  const std::vector<Outcome> outcomes{{1, RecipientStatus::possibly_delivered, ""}};
  ASSERT_TRUE(it.queue.record(entry, outcomes));
  const auto message = Outgoing::prepare(it.queue.load(entry.id()).value(), kPolicy);
  EXPECT_EQ(message->recipients, (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(message->alone);
}

TEST(Outgoing, WhatIsNoAddressIsNoRecipientOfItsTransaction) {
  QueueFixture it;
  auto envelope = queue::envelope_to({"a@a"});
  envelope.recipients.push_back({"b@@b", "", {}, "two '@'"});
  const auto message = Outgoing::prepare(it.entry(envelope, "Subject: x\n\n"), kPolicy);
  EXPECT_EQ(message->recipients, std::vector<std::size_t>{0});
  ASSERT_EQ(message->settled.size(), 1u);
  EXPECT_EQ(message->settled[0].recipient, 1u);
  EXPECT_EQ(message->settled[0].verdict.what, Verdict::What::failed);
  EXPECT_EQ(message->transaction(1).recipients.size(), 1u);
  EXPECT_NE(message->correction->text.find("for <a@a>"), std::string::npos) << message->correction->text;
}

TEST(Outgoing, ATruthfulReceivedFieldStays) {
  QueueFixture it;
  const std::string text = received(::getuid()) + "Subject: hi\n\nb\xc3\xbc" "dy\n";
  const auto message =
      Outgoing::prepare(it.entry(queue::envelope_to({"a@a"}), text), kPolicy);
  EXPECT_FALSE(message->correction);
  EXPECT_EQ(message->wire_size, text.size() + 6);  // six LFs become CRLF
  EXPECT_TRUE(message->transaction(1).eight_bit);
}

TEST(Outgoing, DeclaresTheSizeOfWhatIsSentInPlaceOfAFalseField) {
  QueueFixture it;
  const std::string rest = "Subject: hi\n\nbody\n";
  const auto message = Outgoing::prepare(
      it.entry(queue::envelope_to({"a@a"}), received(queue::kStranger) + rest), kPolicy);
  ASSERT_TRUE(message->correction);
  const std::string& field = message->correction->text;
  EXPECT_NE(field.find("uid " + std::to_string(::getuid())), std::string::npos) << field;
  const std::string sent = field + (received(queue::kStranger) + rest).substr(message->correction->replaces);
  EXPECT_EQ(message->wire_size, size_on_wire(sent));
}

TEST(Outgoing, CorrectsTheStartOfALargeMessageToo) {
  QueueFixture it;
  const std::string body = "Subject: large\n\n" + std::string(200000, 'x') + "\n";
  const auto message = Outgoing::prepare(it.entry(queue::envelope_to({"a@a"}), body), kPolicy);
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->entry.text());
  ASSERT_TRUE(message->correction);
  EXPECT_EQ(message->correction->replaces, body.find('\n') + 1);
  EXPECT_GT(message->wire_size, body.size() + 3);
}

TEST(Outgoing, ReadsAHeaderOfManyPiecesOnce) {
  QueueFixture it;
  const std::string head = received(queue::kStranger) + "X: " + std::string(200000, 'x') + "\n";
  const std::string rest = "\n" + std::string(100000, 'b') + "\n";
  const auto message = Outgoing::prepare(it.entry(queue::envelope_to({"a@a"}), head + rest), kPolicy);
  ASSERT_TRUE(message && message->correction);
  EXPECT_EQ(message->correction->replaces, head.size());
  EXPECT_EQ(message->wire_size, size_on_wire(message->correction->text + rest));
}

TEST(Outgoing, SendsFieldsBehindTheLargestHeaderAsTheyAre) {
  QueueFixture it;
  const std::string first = "X: first\n";
  const std::string rest = "Y: " + std::string(mail::kMaxHeader, 'y') + "\n more\n\nbody\n";
  const auto message = Outgoing::prepare(it.entry(queue::envelope_to({"a@a"}), first + rest), kPolicy);
  ASSERT_TRUE(message && message->correction);
  EXPECT_EQ(message->correction->replaces, first.size());
  EXPECT_EQ(message->wire_size, size_on_wire(message->correction->text + rest));
  const auto endless = Outgoing::prepare(it.entry(queue::envelope_to({"a@a"}), rest), kPolicy);
  EXPECT_EQ(endless->correction->replaces, 0u);
}

TEST(Outgoing, IsSentWithTheSenderThatThePolicyWants) {
  QueueFixture it;
  auto envelope = queue::envelope_to({"a@a"});
  envelope.reverse_path = "root@here.example";
  const std::string received_field = received(::getuid());
  const std::string from = "From: root@here.example (Cron Daemon)\n";
  const std::string rest = "Subject: hi\n\n" + std::string(100000, 'b') + "\n";
  auto policy = kPolicy;
  policy.kind = mail::SenderPolicy::Kind::fixed;
  policy.address = {"alerts", "example.net"};
  const auto message = Outgoing::prepare(it.entry(envelope, received_field + from + rest), policy);
  EXPECT_EQ(message->transaction(1).reverse_path, "alerts@example.net");
  EXPECT_EQ(message->entry.envelope().reverse_path, "root@here.example");
  ASSERT_TRUE(message->correction);
  const std::string head = received_field +
                           "From: Cron Daemon on here <alerts@example.net>\n"
                           "Reply-To: Cron Daemon <root@example>\nSubject: hi\n";
  EXPECT_EQ(message->correction->text, head);
  EXPECT_EQ(message->correction->replaces, received_field.size() + from.size() + std::string("Subject: hi\n").size());
  EXPECT_EQ(message->wire_size, size_on_wire(head + rest.substr(rest.find('\n') + 1)));
}

}  // namespace
}  // namespace mailchute::relay
