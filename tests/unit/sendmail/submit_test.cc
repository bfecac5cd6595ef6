// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/submit.h"

#include <gtest/gtest.h>

#include "fixture.h"
#include "queue/format.h"

namespace mailchute::sendmail {
namespace {

class Submit : public TemporaryQueue {
 protected:
  Result<Submitted> run(std::string message) {
    const Piped input(std::move(message));
    return submit(options_, settings_, input.get(), 1000, Time(Seconds(1795385822)));
  }

  void expect_refusal(std::string message, Error::Kind kind) {
    const auto submitted = run(std::move(message));
    ASSERT_FALSE(submitted);
    EXPECT_EQ(submitted.error().kind, kind) << submitted.error().text;
    EXPECT_TRUE(files("new").empty());
    EXPECT_TRUE(files("tmp").empty());
  }

  // The one message in the queue, without its envelope.
  std::string queued() {
    const auto entries = files("new");
    EXPECT_EQ(entries.size(), 1u);
    EXPECT_TRUE(files("tmp").empty());
    const auto head = queue::parse_head(entries.at(0), entries.at(0).size());
    EXPECT_TRUE(head);
    envelope_ = head->envelope;
    return entries.at(0).substr(head->message_offset);
  }

  Options options_;
  mail::Envelope envelope_;
};

TEST_F(Submit, QueuesHeaderAndBody) {
  options_.request.recipients = {"root", "you@x"};
  options_.request.reverse_path = "me@x";
  const auto submitted = run("From: me@x\nDate: d\nMessage-ID: <m@x>\n\nbody\r\n.\nmore");
  ASSERT_TRUE(submitted);
  const std::string message = queued();
  EXPECT_TRUE(message.starts_with("Received: by box.example.org (mailchute, from uid 1000)\n"));
  EXPECT_TRUE(message.ends_with("+0000\nFrom: me@x\nDate: d\nMessage-ID: <m@x>\n\nbody\n"))
      << message;
  EXPECT_NE(message.find(submitted->id), std::string::npos);
  EXPECT_EQ(envelope_.reverse_path, "me@x");
  EXPECT_EQ(envelope_.recipients.size(), 2u);
  EXPECT_EQ(envelope_.uid, 1000u);
  EXPECT_EQ(envelope_, submitted->envelope);
}

TEST_F(Submit, TextWithoutAnyHeaderIsBody) {
  options_.request.recipients = {"root"};
  ASSERT_TRUE(run("just text\nand: more\n"));
  EXPECT_TRUE(queued().ends_with("\n\njust text\nand: more\n"));
}

TEST_F(Submit, EmptyMessageIsAMessage) {
  options_.request.recipients = {"root"};
  ASSERT_TRUE(run(""));
  EXPECT_TRUE(queued().ends_with("@box.example.org>\n\n"));
}

TEST_F(Submit, SettingOrOptionIgnoresDots) {
  options_.request.recipients = {"root"};
  settings_.ignore_dots = true;
  ASSERT_TRUE(run("\na\n.\nb\n"));
  EXPECT_TRUE(queued().ends_with("\n\na\n.\nb\n"));
}

TEST_F(Submit, LongMessageArrivesWhole) {
  options_.request.recipients = {"root"};
  std::string body;
  for (int i = 0; i < 40000; ++i) body += "line " + std::to_string(i) + "\n";
  ASSERT_TRUE(run("Subject: long\n\n" + body));
  EXPECT_TRUE(queued().ends_with("\n\n" + body));
}

TEST_F(Submit, BadRecipientsAreQueuedBesideTheGoodOnesForANotification) {
  options_.request.recipients = {"a b", "root"};
  const auto submitted = run("x\n");
  ASSERT_TRUE(submitted);
  EXPECT_TRUE(submitted->bad.empty());
  EXPECT_NE(queued().find("for <root@"), std::string::npos) << "its only recipient";
  ASSERT_EQ(envelope_.recipients.size(), 2u);
  EXPECT_EQ(envelope_.recipients[0].defect, "");
  EXPECT_EQ(envelope_.recipients[1].address, "a b");
  EXPECT_NE(envelope_.recipients[1].defect, "");
}

TEST_F(Submit, BadRecipientsAreReportedWhereNoNotificationWillTell) {
  const auto expect_report = [this](auto change) {
    options_ = {};
    options_.request.recipients = {"a b", "root"};
    change(options_);
    const auto submitted = run("x\n");
    ASSERT_TRUE(submitted);
    ASSERT_EQ(submitted->bad.size(), 1u);
    EXPECT_EQ(submitted->bad[0].text, "a b");
    EXPECT_EQ(submitted->envelope.recipients.size(), 1u);
  };
  expect_report([](Options& options) { options.bad_addresses = BadAddresses::print; });
  expect_report([](Options& options) { options.bad_addresses = BadAddresses::quiet; });
  expect_report([](Options& options) { options.request.reverse_path = ""; });
  expect_report([](Options& options) { options.request.notify.never = true; });
  expect_report([](Options& options) { options.request.notify.delay = true; });
}

TEST_F(Submit, ACrowdOfBadRecipientsDoesNotHarmTheGoodOnes) {
  options_.request.recipients_from_header = true;
  std::string to = "To: a";
  for (std::size_t i = 1; i < queue::kMaxRecipients - 2; ++i) to += ", " + std::to_string(i);
  for (int i = 0; i < 5; ++i) to += ", x@@y";
  const auto submitted = run(to + "\n\n");
  ASSERT_TRUE(submitted) << submitted.error().text;
  EXPECT_EQ(submitted->envelope.recipients.size(), queue::kMaxRecipients);
  EXPECT_EQ(submitted->bad.size(), 3u);
}

TEST_F(Submit, NothingIsQueuedWithoutARecipient) {
  expect_refusal("Subject: x\n\nbody\n", Error::Kind::data);
  options_.request.recipients_from_header = true;
  expect_refusal("Subject: x\n\nbody\n", Error::Kind::data);
}

TEST_F(Submit, NothingIsQueuedBeyondTheSizeLimit) {
  options_.request.recipients = {"root"};
  settings_.message_size_limit = 100000;
  expect_refusal("\n" + std::string(100000, 'x'), Error::Kind::data);
  settings_.message_size_limit = 0;
  EXPECT_TRUE(run("\n" + std::string(100000, 'x')));
}

TEST_F(Submit, NothingIsQueuedWhenTheHeaderHasNoEnd) {
  options_.request.recipients = {"root"};
  expect_refusal("X: " + std::string(3 << 20, 'x'), Error::Kind::data);
}

TEST_F(Submit, NothingIsQueuedForTooManyRecipients) {
  options_.request.recipients_from_header = true;
  std::string to = "To: a";
  for (std::size_t i = 0; i < queue::kMaxRecipients; ++i) to += ", " + std::to_string(i);
  expect_refusal(to + "\n\n", Error::Kind::data);
}

TEST_F(Submit, NothingIsQueuedAfterAReadError) {
  options_.request.recipients = {"root"};
  const sys::UniqueFd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto submitted = submit(options_, settings_, folder.get(), 1000, Time());
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().kind, Error::Kind::io);
  EXPECT_TRUE(files("new").empty());
  EXPECT_TRUE(files("tmp").empty());
}

TEST_F(Submit, WithoutAQueueThereIsNoWayIn) {
  options_.request.recipients = {"root"};
  settings_.queue_directory = folder_ / "nowhere";
  const auto submitted = run("x\n");
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().kind, Error::Kind::unavailable);
  EXPECT_NE(submitted.error().text.find("start mailchuted"), std::string::npos);
}

}  // namespace
}  // namespace mailchute::sendmail
