// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/bounce.h"

#include <gtest/gtest.h>

#include "relay/expiry.h"
#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

using queue::Disposition;
using queue::Outcome;
using queue::RecipientStatus;

constexpr Time kAttempt{Seconds(1790000100)};

struct BounceTest : ::testing::Test {
  BounceTest() {
    settings.hostname = "here.example";
  }

  // All recipients have failed.
  queue::Entry refused(const mail::Envelope& envelope, std::string_view message = queue::kMessage,
                       const std::string& reply = "550 5.1.1 who?") {
    auto entry = it.entry(envelope, message);
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
      outcomes.push_back({i, RecipientStatus::failed, reply, "mail.example"});
    }
    recorded = it.queue.record(entry, outcomes).value();
    return entry;
  }
  Bouncer::Settled settle(queue::Entry& entry) { return bouncer.settle(entry, recorded, kAttempt); }
  std::string text_of(const std::string& id) {
    auto entry = it.queue.load(id).value();
    queue::Entry::Reader reader(entry);
    std::string text;
    for (auto piece = reader.next().value(); !piece.empty(); piece = reader.next().value()) {
      text += piece;
    }
    return text;
  }
  std::string notification_on(const mail::Envelope& envelope,
                              std::string_view message = queue::kMessage,
                              const std::string& reply = "550 5.1.1 who?") {
    auto entry = refused(envelope, message, reply);
    const auto settled = settle(entry);
    EXPECT_FALSE(settled.notification.empty());
    return settled.notification.empty() ? "" : text_of(settled.notification);
  }
  // A name in the place of a draft: as good as a folder that cannot be written to.
  std::string blocked(const queue::Entry& entry) {
    const auto path = it.in(queue::kWork, entry.progress().notification);
    queue::write_file(path, "");
    return path;
  }

  queue::QueueFixture it;
  config::Settings settings;
  Bouncer bouncer{it.queue, settings, it.log};
  Disposition recorded{};
};

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != text.npos;
}

TEST_F(BounceTest, TheNotificationIsAnEntryToTheSender) {
  auto entry = refused(queue::envelope_to({"a@b", "c@d"}));
  const std::string id = entry.id();
  const auto [where, notification] = settle(entry);
  EXPECT_EQ(where, Disposition::removed);
  EXPECT_EQ(*it.queue.ids(), std::vector<std::string>{notification});
  const auto told = it.queue.load(notification).value();
  EXPECT_EQ(told.envelope().reverse_path, "");
  ASSERT_EQ(told.envelope().recipients.size(), 1u);
  EXPECT_EQ(told.envelope().recipients[0].address, "sender@example.org");
  EXPECT_EQ(told.owner(), ::getuid());
  EXPECT_EQ(it.log.count("5 bounced id=" + id + " notification=" + notification +
                         " to=<sender@example.org>"),
            1u);
  const auto text = text_of(notification);
  for (const std::string_view part :
       {"From: Mail Delivery System <MAILER-DAEMON@here.example>\n", "To: <sender@example.org>\n",
        "Auto-Submitted: auto-replied\n", "Final-Recipient: rfc822; a@b\n",
        "Final-Recipient: rfc822; c@d\n", "Status: 5.1.1\n", "Remote-MTA: dns; mail.example\n",
        "Diagnostic-Code: smtp; 550 5.1.1 who?\n",
        "Last-Attempt-Date: ", "Content-Type: message/rfc822\n"}) {
    EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
  }
  EXPECT_TRUE(
      contains(text, std::string("\n\n") + queue::kMessage + "\n--=_" + notification + "--\n"));
}

TEST_F(BounceTest, RepliesComeAsTheyWereReceived) {
  const auto text =
      notification_on(queue::envelope_to({"a@b"}), queue::kMessage, "550 5.7.1 say \"what\" \xc3\xb6");
  EXPECT_TRUE(contains(text, "Diagnostic-Code: smtp; 550 5.7.1 say \"what\" \\xc3\\xb6\n")) << text;
}

TEST_F(BounceTest, AnExpiredMessageIsToldOfWithItsLastReply) {
  auto text = notification_on(queue::envelope_to({"a@b"}), queue::kMessage,
                              expired_reply(Seconds(5 * 86400), "451 4.2.1 busy"));
  EXPECT_TRUE(contains(text, "It was tried again and again since ")) << text;
  EXPECT_TRUE(contains(text, "Diagnostic-Code: smtp; 451 4.2.1 busy\n")) << text;
  EXPECT_TRUE(contains(text, "Status: 4.2.1\n")) << text;
  EXPECT_FALSE(contains(text, "expired:")) << text;
}

TEST_F(BounceTest, WhatExpiredOnThisMachineNamesNoSmartHost) {
  auto entry = it.entry(queue::envelope_to({"root@here.example"}));
  const Outcome outcomes[] = {
      {0, RecipientStatus::failed, expired_reply(Seconds(5 * 86400), "aliases lead nowhere")}};
  recorded = it.queue.record(entry, outcomes).value();
  const auto text = text_of(settle(entry).notification);
  EXPECT_TRUE(contains(text, "Status: 5.4.7\nDiagnostic-Code: x-mailchute; aliases lead nowhere\n\n")) << text;
  EXPECT_FALSE(contains(text, "Remote-MTA") || contains(text, "Last-Attempt") || contains(text, "mail server")) << text;
}

TEST_F(BounceTest, TheSenderIsToldOfADelayOnceWithTheTimeItEnds) {
  settings.retry.lifetime = Seconds(5 * 86400);
  auto envelope = queue::envelope_to({"late@b", "silent@b", "done@b"});
  envelope.recipients[1].notify.never = true;
  auto entry = it.entry(envelope);
  const Outcome outcomes[] = {{0, RecipientStatus::to_do, "451 4.7.1 greylisted", "mail.example"},
                              {1, RecipientStatus::to_do, "451 4.7.1 greylisted", "mail.example"},
                              {2, RecipientStatus::done, "250 ok", "mail.example"}};
  recorded = it.queue.record(entry, outcomes, true).value();
  const auto settled = settle(entry);
  EXPECT_EQ(settled.where, Disposition::waiting);
  const auto text = text_of(settled.notification);
  for (const std::string_view part :
       {"Subject: Delayed mail: hi\n", "Final-Recipient: rfc822; late@b\nAction: delayed\nStatus: 4.7.1\n"
        "Remote-MTA: dns; mail.example\nDiagnostic-Code: smtp; 451 4.7.1 greylisted\nLast-Attempt-Date: ",
        "\nWill-Retry-Until: ", "Content-Type: text/rfc822-headers\n"}) {
    EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
  }
  EXPECT_FALSE(contains(text, "silent@b") || contains(text, "done@b")) << text;
  auto again = it.queue.load(entry.id()).value();
  recorded = it.queue.record(again, outcomes, true).value();
  EXPECT_EQ(settle(again).notification, "");
}

TEST_F(BounceTest, TheSenderWhoAskedIsToldOfASmartHostThatWillNotTell) {
  auto envelope = queue::envelope_to({"a@b", "bad@b"});
  envelope.recipients[0].notify.success = true;
  auto entry = it.entry(envelope);
  const Outcome relayed[] = {{0, RecipientStatus::relayed, "250 2.6.0 taken as 7X", "mail.example"}};
  recorded = it.queue.record(entry, relayed).value();
  auto text = text_of(settle(entry).notification);
  EXPECT_TRUE(contains(text, "Final-Recipient: rfc822; a@b\nAction: relayed\nStatus: 2.6.0\n"
                             "Remote-MTA: dns; mail.example\nDiagnostic-Code: smtp; 250 2.6.0 taken as 7X\n"))
      << text;
  EXPECT_TRUE(contains(text, "Content-Type: text/rfc822-headers\n")) << text;

  auto both = it.entry(envelope);
  const Outcome one_each[] = {relayed[0], {1, RecipientStatus::failed, "550 5.1.1 who?", "mail.example"}};
  recorded = it.queue.record(both, one_each).value();
  text = text_of(settle(both).notification);
  EXPECT_TRUE(contains(text, "Action: relayed\n") && contains(text, "Action: failed\n")) << text;
  EXPECT_TRUE(contains(text, "Content-Type: message/rfc822\n")) << text;
}

TEST_F(BounceTest, TheSenderWhoAskedIsToldOfWhatTheAliasesSendNoFurther) {
  auto envelope = queue::envelope_to({"noreply@here.example"});
  envelope.recipients[0].notify.success = true;
  auto entry = it.entry(envelope);
  const Outcome taken{0, RecipientStatus::relayed, "its alias is /dev/null"};
  recorded = it.queue.record(entry, std::span(&taken, 1)).value();
  const auto text = text_of(settle(entry).notification);
  for (const std::string_view part :
       {"Subject: Delivered mail: hi\n", "Action: delivered\nStatus: 2.0.0\nDiagnostic-Code: x-mailchute; its alias",
        "The aliases of here.example send it no further. The reason:\n\n  its alias is /dev/null\n\nYou need not"}) {
    EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
  }
}

TEST_F(BounceTest, WhatIsNoAddressIsToldOfAsSuch) {
  auto envelope = queue::envelope_to({"a@b"});
  envelope.recipients.push_back({"b@@b", "", {}, "an '@' too many"});
  auto entry = it.entry(envelope);
  const Outcome outcomes[] = {{0, RecipientStatus::done, ""},
                              {1, RecipientStatus::failed, "an '@' too many"}};
  recorded = it.queue.record(entry, outcomes).value();
  const auto settled = settle(entry);
  EXPECT_EQ(settled.where, Disposition::removed);
  const auto text = text_of(settled.notification);
  for (const std::string_view part :
       {"Final-Recipient: rfc822; b@@b\nAction: failed\nStatus: 5.1.3\nDiagnostic-Code: x-mailchute; an '@' "
        "too many\n",
        "\n  b@@b\n\nThis is no address,", "\n  an '@' too many\n\nCheck the address"}) {
    EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
  }
  EXPECT_FALSE(contains(text, "Remote-MTA") || contains(text, "Last-Attempt")) << text;
}

TEST_F(BounceTest, OnlyTheFailedAreToldOfAndAtOnce) {
  auto envelope = queue::envelope_to({"bad@b", "late@b", "silent@b"});
  envelope.recipients[2].notify.never = true;
  auto entry = it.entry(envelope);
  const Outcome first[] = {{0, RecipientStatus::failed, "550 no"},
                           {2, RecipientStatus::failed, "550 no"}};
  recorded = it.queue.record(entry, first).value();
  const auto one = settle(entry);
  EXPECT_EQ(one.where, Disposition::waiting);
  EXPECT_EQ(entry.progress().status, "+-!");
  const auto text = text_of(one.notification);
  EXPECT_TRUE(contains(text, "Final-Recipient: rfc822; bad@b\n"));
  EXPECT_FALSE(contains(text, "late@b") || contains(text, "silent@b")) << text;

  const Outcome second[] = {{1, RecipientStatus::failed, "551 no"}};
  recorded = it.queue.record(entry, second).value();
  const auto two = settle(entry);
  EXPECT_EQ(two.where, Disposition::failed) << "one of them nobody was told of";
  EXPECT_NE(two.notification, one.notification);
  const auto other = text_of(two.notification);
  EXPECT_TRUE(contains(other, "Final-Recipient: rfc822; late@b\n"));
  EXPECT_FALSE(contains(other, "Final-Recipient: rfc822; bad@b\n"));
  EXPECT_EQ(it.log.count("dead-letter"), 1u);
}

TEST_F(BounceTest, NobodyIsToldOfALostNotification) {
  auto envelope = queue::envelope_to({"a@b"});
  envelope.reverse_path.clear();
  auto entry = refused(envelope);
  const auto [where, notification] = settle(entry);
  EXPECT_EQ(where, Disposition::failed);
  EXPECT_EQ(notification, "");
  EXPECT_TRUE(it.queue.ids()->empty());
  EXPECT_EQ(it.log.count("4 dead-letter id=" + entry.id() + " from=<> reason=\"null reverse-path"),
            1u)
      << ::testing::PrintToString(it.log.lines);
}

TEST_F(BounceTest, NobodyIsToldWhoDoesNotWantIt) {
  auto envelope = queue::envelope_to({"a@b"});
  envelope.recipients[0].notify.never = true;
  auto entry = refused(envelope);
  EXPECT_EQ(settle(entry).where, Disposition::failed);
  EXPECT_EQ(it.log.count("reason=\"the sender wants no notification"), 1u);
}

TEST_F(BounceTest, WhatIsNotOwedIsLeftAsItIs) {
  auto entry = it.entry(queue::envelope_to({"a@b"}));
  const auto [where, notification] = bouncer.settle(entry, Disposition::waiting, {});
  EXPECT_EQ(where, Disposition::waiting);
  EXPECT_EQ(notification, "");
  EXPECT_TRUE(it.log.lines.empty());
}

TEST_F(BounceTest, ReturnsALargeMessageOctetForOctet) {
  std::string message = "Subject: large\n\n";
  while (message.size() < mail::kMaxReturnedOnRequest - 100)
    message += "a line of a message of a megabyte, number " + std::to_string(message.size()) + "\n";
  auto envelope = queue::envelope_to({"a@b"});
  envelope.ret = mail::Return::full;
  EXPECT_TRUE(contains(notification_on(envelope, message), "\n\n" + message + "\n--=_"));
  envelope.ret = mail::Return::unspecified;
  const auto text = notification_on(envelope, message);
  EXPECT_LT(text.size(), 5000u);
  EXPECT_TRUE(contains(text, "Content-Type: text/rfc822-headers\n\nSubject: large\n\n--=_"))
      << text;
}

TEST_F(BounceTest, EightBitsAreSaidInTheEnvelope) {
  auto entry = refused(queue::envelope_to({"a@b"}),
                       "Subject: x\n\ngr\xc3\xb6\xc3\x9f"
                       "er\n");
  const auto id = settle(entry).notification;
  EXPECT_EQ(it.queue.load(id)->envelope().body, mail::BodyType::eight_bit_mime);
}

TEST_F(BounceTest, HonoursWhatDsnOptionsSay) {
  auto envelope = queue::envelope_to({"a@b"});
  envelope.envelope_id = "QQ314159";
  envelope.ret = mail::Return::headers;
  envelope.recipients[0].original = "rfc822;who@example.net";
  const auto text = notification_on(envelope);
  EXPECT_TRUE(contains(text, "Original-Envelope-Id: QQ314159\n")) << text;
  EXPECT_TRUE(contains(text, "Original-Recipient: rfc822; who@example.net\n")) << text;
  EXPECT_TRUE(contains(text, "Content-Type: text/rfc822-headers\n")) << text;
}

TEST_F(BounceTest, TheSizeLimitOfSubmittersIsNotItsOwn) {
  it.size_limit = 100;
  it.restart();
  EXPECT_FALSE(notification_on(queue::envelope_to({"a@b"})).empty());
}

TEST_F(BounceTest, WhatCannotBeQueuedNowIsTriedAgain) {
  auto entry = refused(queue::envelope_to({"a@b"}));
  const auto draft = blocked(entry);
  const auto failed = settle(entry);
  EXPECT_EQ(failed.where, Disposition::owed);
  EXPECT_EQ(failed.notification, "");
  EXPECT_EQ(it.log.count("3 bounce-failed id=" + entry.id()), 1u);
  EXPECT_FALSE(bouncer.withholds(entry.progress().notification));
  std::filesystem::remove(draft);
  auto again = it.queue.load(entry.id()).value();
  EXPECT_EQ(settle(again).where, Disposition::removed);
  EXPECT_EQ(it.queue.ids()->size(), 1u);
}

TEST_F(BounceTest, WhatWasQueuedBeforeACrashIsNotQueuedAgain) {
  auto entry = refused(queue::envelope_to({"a@b"}));
  const auto id = entry.progress().notification;
  {
    auto writer = it.queue.create(id, 0).value();
    ASSERT_TRUE(writer.begin(queue::envelope_to({"me@here"})) && writer.write("Subject: told\n") &&
                writer.finish() && it.queue.commit(writer));
  }
  it.restart();
  auto again = it.queue.load(entry.id()).value();
  const auto [where, notification] = settle(again);
  EXPECT_EQ(where, Disposition::removed);
  EXPECT_EQ(notification, id);
  EXPECT_EQ(text_of(id), "Subject: told\n");
}

// The file of the entry cannot be written to, though the notification could.
TEST_F(BounceTest, ANotificationIsWithheldUntilTheEntrySaysThatItIsThere) {
  auto entry = refused(queue::envelope_to({"a@b"}));
  const auto path = it.in(queue::kCur, entry.id());
  std::filesystem::rename(path, path + ".away");
  const auto failed = settle(entry);
  EXPECT_EQ(failed.where, Disposition::owed);
  EXPECT_EQ(failed.notification, "");
  EXPECT_TRUE(bouncer.withholds(entry.progress().notification));
  std::filesystem::rename(path + ".away", path);
  const auto done = settle(entry);
  EXPECT_EQ(done.where, Disposition::removed);
  EXPECT_EQ(done.notification, entry.progress().notification);
  EXPECT_FALSE(bouncer.withholds(done.notification));
}

TEST_F(BounceTest, WhatCanNeverBeQueuedIsADeadLetter) {
  auto progress = queue::Progress{"!", {{0, "550 no"}}, "", ::geteuid()};
  const auto id = queue::new_queue_id();
  queue::write_file(it.in(queue::kCur, id),
                    queue::entry_octets(queue::envelope_to({"a@b"}), queue::kMessage, progress));
  ::chmod(it.in(queue::kCur, id).c_str(), queue::kOwnFileMode);
  auto entry = it.queue.load(id).value();
  EXPECT_EQ(bouncer.settle(entry, Disposition::owed, {}).where, Disposition::failed);
  EXPECT_TRUE(it.has(queue::kFailed, id));
  EXPECT_EQ(it.log.count("dead-letter id=" + id), 1u);
}

}  // namespace
}  // namespace mailchute::relay
