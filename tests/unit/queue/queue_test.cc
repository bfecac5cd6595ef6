// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/queue.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "fixture.h"

namespace mailchute::queue {
namespace {

using enum RecipientStatus;

Disposition recorded(Queue& queue, Entry& entry, std::vector<Outcome> outcomes) {
  const auto disposition = queue.record(entry, outcomes);
  EXPECT_TRUE(disposition) << disposition.error().text;
  return disposition.value_or(Disposition::waiting);
}

struct ino_of {
  explicit ino_of(const std::string& path) { ::stat(path.c_str(), &status); }
  bool operator==(const ino_of& other) const { return status.st_ino == other.status.st_ino; }
  struct stat status {};
};

// Nobody is told of what becomes of it.
mail::Envelope notification_to(const std::vector<std::string>& recipients) {
  auto envelope = envelope_to(recipients);
  envelope.reverse_path.clear();
  return envelope;
}

TEST(Queue, DeliveredToAllIsGoneAtOnce) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b", "c@d"}));
  q.queue.save_info(entry.id(), {1, {}, {}, "x"});
  EXPECT_EQ(recorded(q.queue, entry, {{0, done, ""}, {1, done, ""}}), Disposition::removed);
  EXPECT_TRUE(q.queue.ids()->empty());
  EXPECT_EQ(count_names(q.folder / kInfo), 0u);
  EXPECT_EQ(q.queue.unsynced(), 1u);
  EXPECT_TRUE(q.queue.sync());
  EXPECT_EQ(q.queue.unsynced(), 0u);
  EXPECT_EQ(q.queue.load(entry.id()).error().kind, Error::Kind::unavailable);
}

TEST(Queue, DeferralMakesTheFileTheDaemonsOwn) {
  QueueFixture q;
  for (const auto& message : {std::string(kMessage), std::string(200000, 'x')}) {
    auto entry = q.entry(envelope_to({"a@b", "c@d"}), message);
    const auto path = q.in(kCur, entry.id());
    const ino_of before(path);
    EXPECT_EQ(recorded(q.queue, entry, {{0, to_do, "451 later"}}), Disposition::waiting);
    EXPECT_TRUE(entry.own());
    EXPECT_FALSE(ino_of(path) == before);
    EXPECT_EQ(ino_of(path).status.st_mode & 07777, kOwnFileMode);
    const auto again = q.queue.load(entry.id());
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again->progress().status, "--");
    EXPECT_EQ(again->facts().length, message.size());
    EXPECT_EQ(count_names(q.folder / kWork), 0u);
    EXPECT_EQ(recorded(q.queue, entry, {{0, done, ""}, {1, done, ""}}), Disposition::removed);
  }
}

TEST(Queue, NothingToRecordChangesNothing) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b"}));
  EXPECT_EQ(recorded(q.queue, entry, {}), Disposition::waiting);
  EXPECT_FALSE(entry.own());
}

TEST(Queue, LaterOutcomesChangeOctetsInPlace) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b", "c@d", "e@f", "g@h"}));
  const auto path = q.in(kCur, entry.id());
  recorded(q.queue, entry, {{1, done, ""}});
  const ino_of own(path);
  recorded(q.queue, entry, {{2, possibly_delivered, ""}});
  EXPECT_EQ(q.queue.load(entry.id())->progress().status, "-+?-");
  recorded(q.queue, entry, {{0, done, ""}, {3, done, ""}});
  EXPECT_EQ(q.queue.load(entry.id())->progress().status, "++?+");
  EXPECT_TRUE(ino_of(path) == own);
  EXPECT_EQ(recorded(q.queue, entry, {{2, done, ""}}), Disposition::removed);
}

TEST(Queue, FactsAreNotTakenBack) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b", "c@d", "e@f", "g@h"}));
  recorded(q.queue, entry, {{0, done, ""}, {1, failed, "550 no"}, {2, possibly_delivered, ""}});
  recorded(q.queue, entry, {{0, to_do, ""}, {0, failed, "550"}, {1, done, ""}, {2, to_do, ""}});
  EXPECT_EQ(q.queue.load(entry.id())->progress().status, "+!?-");
}

TEST(Queue, RefusedRecipientIsKeptWithItsReply) {
  QueueFixture q;
  auto entry = q.entry(notification_to({"bad@b", "good@b", "late@b"}));
  EXPECT_EQ(recorded(q.queue, entry, {{0, failed, "550 5.1.1 who?"}, {1, done, ""}}),
            Disposition::waiting);
  auto again = *q.queue.load(entry.id());
  EXPECT_EQ(again.progress().status, "!+-");
  ASSERT_EQ(again.progress().replies.size(), 1u);
  EXPECT_EQ(again.progress().replies[0].text, "550 5.1.1 who?");
  EXPECT_EQ(recorded(q.queue, again, {{2, failed, "552 too large"}}), Disposition::failed);
  EXPECT_TRUE(q.has(kFailed, entry.id()));
  EXPECT_FALSE(q.has(kCur, entry.id()));
  EXPECT_TRUE(q.queue.sync());
  const auto octets = file_content(q.in(kFailed, entry.id()));
  const auto head = parse_head(octets, octets.size());
  ASSERT_TRUE(head);
  EXPECT_EQ(head->progress.status, "!+!");
  EXPECT_EQ(head->progress.replies[1].recipient, 2u);
  EXPECT_EQ(head->progress.replies[1].text, "552 too large");
}

TEST(Queue, LastOneDeliveredAfterARefusalIsADeadLetter) {
  QueueFixture q;
  auto entry = q.entry(notification_to({"bad@b", "good@b"}));
  EXPECT_EQ(recorded(q.queue, entry, {{0, failed, "550 no"}}), Disposition::waiting);
  EXPECT_EQ(recorded(q.queue, entry, {{1, done, ""}}), Disposition::failed);
  EXPECT_TRUE(q.has(kFailed, entry.id()));
}

TEST(Queue, FailureIsOwedUntilTheSenderIsTold) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"bad@b", "late@b", "worse@b"}));
  EXPECT_EQ(recorded(q.queue, entry, {{0, failed, "550 no"}}), Disposition::owed);
  EXPECT_EQ(q.queue.told(entry), Disposition::waiting);
  const auto first = entry.progress().notification;
  EXPECT_TRUE(is_queue_id(first));
  auto again = *q.queue.load(entry.id());
  EXPECT_EQ(again.progress().status, "+--");
  EXPECT_EQ(again.progress().notification, first);
  EXPECT_EQ(recorded(q.queue, again, {{1, to_do, ""}}), Disposition::waiting);

  EXPECT_EQ(recorded(q.queue, again, {{1, done, ""}, {2, failed, "551 no"}}), Disposition::owed);
  EXPECT_EQ(again.owed(), std::vector<std::size_t>{2});
  EXPECT_NE(again.progress().notification, first) << "another one";
  EXPECT_EQ(q.queue.told(again), Disposition::removed);
  EXPECT_TRUE(q.queue.ids()->empty());
}

TEST(Queue, WhatIsOwedStaysInCur) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"bad@b", "late@b"}));
  EXPECT_EQ(recorded(q.queue, entry, {{0, failed, "550 no"}}), Disposition::owed);
  const auto id = entry.progress().notification;
  EXPECT_EQ(recorded(q.queue, entry, {{1, done, ""}}), Disposition::owed);
  const auto again = q.queue.load(entry.id());
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->progress().status, "!+");
  EXPECT_EQ(again->progress().notification, id);
  EXPECT_EQ(again->owed(), std::vector<std::size_t>{0});
  EXPECT_EQ(q.queue.untold(*again), Disposition::failed);
  EXPECT_TRUE(q.has(kFailed, entry.id()));
}

TEST(Queue, SendersWhoWantNoNotificationAreOwedNone) {
  struct Case {
    mail::Notify notify;
    bool owed;
  };
  for (const auto& [notify, owed] : {Case{{}, true}, Case{{.never = true}, false},
                                     Case{{.failure = true}, true}, Case{{.success = true}, false},
                                     Case{{.delay = true}, false}}) {
    QueueFixture q;
    auto envelope = envelope_to({"a@b"});
    envelope.recipients[0].notify = notify;
    auto entry = q.entry(envelope);
    EXPECT_EQ(recorded(q.queue, entry, {{0, failed, "550 no"}}),
              owed ? Disposition::owed : Disposition::failed);
  }
}

TEST(Queue, ARelayedRecipientIsDoneWhenTheSenderIsTold) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b", "c@d"}));
  const Outcome outcomes[] = {{0, RecipientStatus::relayed, "250 2.0.0 taken", "mail.example"}, {1, done}};
  EXPECT_EQ(recorded(q.queue, entry, {outcomes[0], outcomes[1]}), Disposition::owed);
  auto again = q.queue.load(entry.id()).value();
  EXPECT_EQ(again.progress().status, "~+");
  EXPECT_EQ(again.progress().replies, (std::vector<Reply>{{0, "250 2.0.0 taken", "mail.example"}}));
  EXPECT_EQ(again.owed(), std::vector<std::size_t>{0});
  EXPECT_EQ(q.queue.told(again), Disposition::removed);
}

TEST(Queue, ARelayedRecipientOfWhomNobodyCanBeToldIsNoDeadLetter) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b"}));
  recorded(q.queue, entry, {{0, RecipientStatus::relayed, "250 taken"}});
  EXPECT_EQ(q.queue.untold(entry), Disposition::removed);
}

struct DelayNoticeTest : ::testing::Test {
  Disposition late(Entry& entry, const std::vector<Outcome>& outcomes) {
    return it.queue.record(entry, outcomes, true).value();
  }
  QueueFixture it;
};

TEST_F(DelayNoticeTest, IsOwedOnceAndToldOnce) {
  auto entry = it.entry(envelope_to({"a@b", "c@d"}));
  EXPECT_EQ(late(entry, {{0, done}, {1, to_do, "450 busy", "mail.example"}}), Disposition::owed);
  const auto id = entry.progress().notification;
  auto again = it.queue.load(entry.id()).value();
  EXPECT_EQ(again.progress().delay, DelayNotice::owed);
  EXPECT_EQ(again.owed(), std::vector<std::size_t>{1});
  EXPECT_EQ(again.progress().replies, (std::vector<Reply>{{1, "450 busy", "mail.example"}}));
  EXPECT_EQ(it.queue.told(again), Disposition::waiting);
  auto told = it.queue.load(entry.id()).value();
  EXPECT_EQ(told.progress().delay, DelayNotice::told);
  EXPECT_TRUE(told.progress().replies.empty() && told.owed().empty());
  EXPECT_EQ(late(told, {{1, to_do, "450 busy"}}), Disposition::waiting);
  EXPECT_EQ(told.progress().notification, id);
  EXPECT_EQ(late(told, {{1, failed, "550 no"}}), Disposition::owed) << "failure is news";
  EXPECT_NE(told.progress().notification, id);
}

TEST_F(DelayNoticeTest, IsOwedOnlyWhereSomebodyWhoWaitsWantsIt) {
  struct Case {
    mail::Notify notify;
    bool owed;
  };
  for (const auto& [notify, owed] : {Case{{}, true}, Case{{.never = true}, false}, Case{{.failure = true}, false},
                                     Case{{.success = true}, false}, Case{{.delay = true}, true}}) {
    auto envelope = envelope_to({"a@b", "done@b"});
    envelope.recipients[0].notify = notify;
    auto entry = it.entry(envelope);
    EXPECT_EQ(late(entry, {{1, done}}), owed ? Disposition::owed : Disposition::waiting);
  }
  auto nobody = it.entry(notification_to({"a@b"}));
  EXPECT_EQ(late(nobody, {{0, to_do, "450 busy"}}), Disposition::waiting);
  EXPECT_EQ(nobody.progress().delay, DelayNotice::none);
}

TEST_F(DelayNoticeTest, OwedForNobodyAnyMoreIsForgotten) {
  auto entry = it.entry(envelope_to({"a@b"}));
  EXPECT_EQ(late(entry, {{0, to_do, "450 busy"}}), Disposition::owed);
  EXPECT_EQ(recorded(it.queue, entry, {{0, done}}), Disposition::removed);
}

TEST_F(DelayNoticeTest, GoesWithAFailureThatComesBeforeItIsTold) {
  auto entry = it.entry(envelope_to({"a@b", "c@d"}));
  late(entry, {{0, to_do, "450 busy"}, {1, to_do, "450 busy"}});
  EXPECT_EQ(late(entry, {{0, failed, "550 no"}, {1, to_do, "451 still busy"}}), Disposition::owed);
  EXPECT_EQ(entry.owed(), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(entry.progress().replies, (std::vector<Reply>{{0, "550 no"}, {1, "451 still busy"}}));
  EXPECT_EQ(it.queue.told(entry), Disposition::waiting);
  EXPECT_EQ(entry.progress().status, "+-");
  EXPECT_EQ(it.queue.load(entry.id())->progress().replies, (std::vector<Reply>{{0, "550 no"}}));
}

TEST_F(DelayNoticeTest, AndRelaysThatAreOwedOutliveTheHandsOfAnAdministrator) {
  auto envelope = envelope_to({"a@b", "late@b", "bad@b"});
  auto entry = it.entry(envelope);
  late(entry, {{0, RecipientStatus::relayed, "250 taken"}, {1, to_do, "450 busy"}, {2, failed, "550 no"}});
  const auto id = entry.progress().notification;
  ASSERT_TRUE(it.queue.hold(entry, "550 5.7.1 not yours"));
  ASSERT_TRUE(it.queue.release(entry.id()));
  const auto again = it.queue.load(entry.id()).value();
  EXPECT_EQ(again.progress().status, "~--");
  EXPECT_EQ(again.progress().notification, id);
  EXPECT_EQ(again.progress().replies, (std::vector<Reply>{{0, "250 taken"}}));
}

TEST(Queue, ToldOfSomeIsADeadLetterForTheOthers) {
  QueueFixture q;
  auto envelope = envelope_to({"a@b", "c@d"});
  envelope.recipients[0].notify.never = true;
  auto entry = q.entry(envelope);
  EXPECT_EQ(recorded(q.queue, entry, {{0, failed, "550 no"}, {1, failed, "550 no"}}),
            Disposition::owed);
  EXPECT_EQ(entry.owed(), std::vector<std::size_t>{1});
  EXPECT_EQ(q.queue.told(entry), Disposition::failed);
  const auto octets = file_content(q.in(kFailed, entry.id()));
  EXPECT_EQ(parse_head(octets, octets.size())->progress.status, "!+");
}

TEST(Queue, OutcomeOfNoRecipientIsAnError) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b"}));
  const Outcome outcomes[] = {{1, done, ""}};
  EXPECT_FALSE(q.queue.record(entry, outcomes));
  EXPECT_TRUE(q.has(kCur, entry.id()));
}

TEST(Queue, TheOwnerSurvivesTheCopy) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make other people's files";
  QueueFixture q;
  const auto id = q.submit(envelope_to({"a@b"}));
  ASSERT_EQ(::chown(q.in(kNew, id).c_str(), kStranger, static_cast<gid_t>(-1)), 0);
  ASSERT_EQ(q.queue.adopt(1)->size(), 1u);
  auto entry = *q.queue.load(id);
  EXPECT_EQ(entry.owner(), kStranger);
  recorded(q.queue, entry, {{0, to_do, ""}});
  EXPECT_EQ(entry.owner(), kStranger);
  EXPECT_EQ(q.queue.load(id)->owner(), kStranger);
  EXPECT_EQ(ino_of(q.in(kCur, id)).status.st_uid, ::geteuid());
}

// What root's alias makes of it.
std::vector<mail::Recipient> aliases_of_root() {
  return {{"ann@x", "rfc822;root@here", {}, {}, true}, {"bob@x", "rfc822;root@here", {}, {}, true}};
}

TEST(Queue, AReaddressedEntryIsWrittenWithItsFirstOutcome) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b", "root@here", "c@d"}));
  ASSERT_TRUE(entry.readdress({{1, aliases_of_root()}}));
  ASSERT_EQ(entry.envelope().recipients.size(), 4u);
  EXPECT_EQ(q.queue.load(entry.id())->envelope().recipients.size(), 3u) << "nothing is written before";
  EXPECT_EQ(recorded(q.queue, entry, {{0, done, ""}, {1, done, ""}, {2, to_do, ""}, {3, failed, "550 who?"}}),
            Disposition::owed);
  EXPECT_EQ(recorded(q.queue, entry, {{2, possibly_delivered, ""}}), Disposition::owed) << "one octet in place";
  const auto again = q.queue.load(entry.id());
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->progress().status, "++?!");
  EXPECT_EQ(again->envelope().recipients, entry.envelope().recipients);
  EXPECT_EQ(again->envelope().recipients[2], aliases_of_root()[1]);
  EXPECT_EQ(again->progress().replies[0].recipient, 3u);
  EXPECT_EQ(again->text(), kMessage);
}

TEST(Queue, AReaddressedEntryOfWhichAllIsDeliveredIsNeverWritten) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"root@here"}));
  ASSERT_TRUE(entry.readdress({{0, aliases_of_root()}}));
  EXPECT_EQ(recorded(q.queue, entry, {{0, done, ""}, {1, done, ""}}), Disposition::removed);
  EXPECT_TRUE(q.queue.ids()->empty());
}

TEST(Queue, AnEntryOfItsOwnIsReaddressedWithWhatIsKnownOfTheOthers) {
  QueueFixture q;
  auto entry = q.entry(notification_to({"root@here", "a@b", "ops@here", "c@d"}));
  recorded(q.queue, entry, {{1, done, ""}, {3, failed, "550 who?"}});
  auto own = q.queue.load(entry.id()).value();
  ASSERT_TRUE(own.readdress({{0, aliases_of_root()}, {2, {{"carl@x", "", {}, {}, true}}}}));
  EXPECT_EQ(own.progress().status, "--+-!");
  EXPECT_EQ(own.progress().replies[0].recipient, 4u);
  const ino_of before(q.in(kCur, entry.id()));
  EXPECT_EQ(recorded(q.queue, own, {{0, to_do, ""}, {1, to_do, ""}, {3, to_do, ""}}), Disposition::waiting);
  EXPECT_EQ(before, ino_of(q.in(kCur, entry.id()))) << "nothing has happened";
  EXPECT_EQ(recorded(q.queue, own, {{1, done, ""}}), Disposition::waiting);
  const auto again = q.queue.load(entry.id()).value();
  EXPECT_EQ(again.progress().status, "-++-!");
  EXPECT_EQ(again.envelope().recipients[3].address, "carl@x");
  EXPECT_EQ(again.progress().replies[0].recipient, 4u);
  EXPECT_EQ(again.progress().replies[0].text, "550 who?");
}

TEST(Queue, AReaddressedEntryIsHeldAndReleasedAsItIs) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"root@here"}));
  ASSERT_TRUE(entry.readdress({{0, aliases_of_root()}}));
  ASSERT_TRUE(q.queue.hold(entry, "550 not yours"));
  ASSERT_TRUE(q.queue.release(entry.id()));
  EXPECT_EQ(q.queue.load(entry.id())->envelope().recipients, aliases_of_root());
}

TEST(Queue, ALargeReaddressedEntryIsCopiedWhole) {
  QueueFixture q;
  const std::string message = "Subject: x\n\n" + std::string(300 << 10, 'x') + "\n";
  auto entry = q.entry(envelope_to({"root@here"}), message);
  ASSERT_TRUE(entry.readdress({{0, aliases_of_root()}}));
  recorded(q.queue, entry, {{0, done, ""}, {1, to_do, ""}});
  recorded(q.queue, entry, {{1, possibly_delivered, ""}});
  const auto again = q.queue.load(entry.id());
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->progress().status, "+?");
  EXPECT_EQ(again->facts().length, message.size());
}

TEST(Queue, TooManyOrTooLongAddressesLeaveTheEntryAsItWas) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"root@here"}));
  const std::vector<mail::Recipient> many(kMaxRecipients + 1, {"a@b", "", {}});
  EXPECT_FALSE(entry.readdress({{0, many}}));
  const std::vector<mail::Recipient> much(kMaxEnvelope / 1000, {std::string(1000, 'a') + "@b", "", {}});
  EXPECT_FALSE(entry.readdress({{0, much}}));
  EXPECT_EQ(entry.envelope().recipients.size(), 1u);
}

TEST(Queue, HeldAndReleased) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"bad@b", "late@b"}));
  recorded(q.queue, entry, {{0, failed, "550 no"}});
  ASSERT_TRUE(q.queue.hold(entry, "550 5.7.1 not yours"));
  const auto id = entry.id();
  EXPECT_TRUE(q.has(kHeld, id));
  EXPECT_TRUE(q.queue.ids()->empty());
  const auto octets = file_content(q.in(kHeld, id));
  EXPECT_EQ(parse_head(octets, octets.size())->progress.held, "550 5.7.1 not yours");
  q.queue.save_info(id, {7, {}, {}, "x"});
  ASSERT_TRUE(q.queue.release(id));
  const auto again = q.queue.load(id);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->progress().status, "--");
  EXPECT_EQ(again->progress().held, "");
  EXPECT_TRUE(again->progress().replies.empty());
  EXPECT_EQ(q.queue.load_info(id), RetryInfo{}) << "tried at once";
}

TEST(Queue, DeadLettersAreReleasedToo) {
  QueueFixture q;
  auto entry = q.entry(notification_to({"bad@b", "good@b"}));
  recorded(q.queue, entry, {{0, failed, "550 no"}, {1, done, ""}});
  ASSERT_TRUE(q.queue.release(entry.id()));
  EXPECT_EQ(q.queue.load(entry.id())->progress().status, "-+");
}

TEST(Queue, IdsFromOutsideAreCheckedBeforeUse) {
  QueueFixture q;
  for (const std::string& id : {std::string("../lock"), std::string(), new_queue_id()}) {
    EXPECT_EQ(q.queue.load(id).error().kind, Error::Kind::unavailable) << id;
    EXPECT_EQ(q.queue.release(id).error().kind, Error::Kind::unavailable) << id;
  }
}

// A crash between writing the entry and moving it.
TEST(Queue, LoadMovesOnWhatACrashLeftFinished) {
  struct Case {
    Progress progress;
    const char* place;
  };
  const Case cases[] = {{{"!+", {{0, "550 no"}}, "", 0}, kFailed},
                        {{"!-", {{0, "550 no"}}, "550 held", 0}, kHeld},
                        {{"++", {}, "", 0}, nullptr}};
  for (const auto& [progress, place] : cases) {
    QueueFixture q;
    const auto id = new_queue_id();
    write_file(q.in(kCur, id), entry_octets(notification_to({"a@b", "c@d"}), kMessage, progress));
    ::chmod(q.in(kCur, id).c_str(), kOwnFileMode);
    EXPECT_EQ(q.queue.load(id).error().kind, Error::Kind::unavailable);
    EXPECT_FALSE(q.has(kCur, id));
    EXPECT_TRUE(place == nullptr || q.has(place, id));
  }
}

TEST(Queue, DamagedEntriesAreKeptAsDeadLetters) {
  QueueFixture q;
  for (const bool own : {false, true}) {
    auto entry = q.entry(envelope_to({"a@b"}));
    if (own) recorded(q.queue, entry, {{0, to_do, ""}});
    const auto path = q.in(kCur, entry.id());
    auto octets = file_content(path);
    octets.back() = 'x';
    write_file(path, octets);
    EXPECT_EQ(q.queue.load(entry.id()).error().kind, Error::Kind::data);
    EXPECT_EQ(file_content(q.in(kFailed, entry.id())), octets);
    EXPECT_EQ(q.log.count("3 damaged id=" + entry.id()), 1u);
    EXPECT_EQ(q.queue.release(entry.id()).error().kind, Error::Kind::data);
  }
}

TEST(Queue, WhatIsNoEntryIsRemovedFromCurToo) {
  QueueFixture q;
  const auto link = new_queue_id();
  ASSERT_EQ(::symlink("/etc/passwd", q.in(kCur, link).c_str()), 0);
  const auto full = new_queue_id();
  std::filesystem::create_directories(q.in(kCur, full) + "/x");
  for (const auto& id : {link, full}) {
    EXPECT_EQ(q.queue.load(id).error().kind, Error::Kind::data);
    EXPECT_FALSE(q.has(kCur, id));
  }
  EXPECT_EQ(q.log.count("junk"), 2u);
}

TEST(Queue, StatusInASubmittersFileIsNotBelieved) {
  QueueFixture q;
  const auto entry = q.entry(envelope_to({"a@b"}));
  const auto octets = entry_octets(envelope_to({"a@b"}), kMessage, {"+", {}, "", 0});
  write_file(q.in(kCur, entry.id()), octets);
  EXPECT_EQ(q.queue.load(entry.id()).error().kind, Error::Kind::data);
}

TEST(Queue, StartsAgainWithWhatWasThere) {
  QueueFixture q;
  auto first = q.entry(envelope_to({"a@b"}));
  recorded(q.queue, first, {{0, to_do, ""}});
  q.queue.save_info(first.id(), {2, Time(Seconds(10)), Time(Seconds(70)), "451 later"});
  const auto second = q.submit(envelope_to({"c@d"}));
  write_file(q.in(kWork, new_queue_id()), "half");
  write_file(q.in(kInfo, new_queue_id()), "of nothing");
  q.restart();
  EXPECT_EQ(*q.queue.ids(), std::vector<std::string>{first.id()});
  EXPECT_EQ(q.queue.adopt(10)->at(0).id, second);
  EXPECT_EQ(q.queue.load_info(first.id()).reason, "451 later");
  EXPECT_EQ(count_names(q.folder / kWork), 0u);
  EXPECT_EQ(count_names(q.folder / kInfo), 1u);
}

// Work in progress of an old worker is no leftover.
TEST(Queue, LeavesWorkInProgressAloneWhereItIsShared) {
  QueueFixture q;
  write_file(q.in(kWork, new_queue_id()), "half");
  const auto draft = q.in(kTmp, new_queue_id());
  write_file(draft, "half");
  Queue::Options options{q.folder.path(), q.size_limit, Seconds(-10)};
  options.shared = true;
  auto shared = Queue::open(options, q.log);
  ASSERT_TRUE(shared) << shared.error().text;
  EXPECT_EQ(count_names(q.folder / kWork), 1u);
  EXPECT_TRUE(std::filesystem::exists(draft));
  EXPECT_TRUE(shared->adopt(1));
  EXPECT_EQ(count_names(q.folder / kWork), 1u);
  EXPECT_FALSE(std::filesystem::exists(draft));
}

TEST(Queue, InfoThatCannotBeSavedIsOnlyLogged) {
  QueueFixture q;
  const auto id = new_queue_id();
  std::filesystem::create_directories(q.in(kInfo, id) + "/x");
  q.queue.save_info(id, {1, {}, {}, "x"});
  EXPECT_EQ(q.log.count("unsaved"), 1u);
  EXPECT_EQ(q.queue.load_info(id), RetryInfo{});
}

TEST(Queue, IsAMaildirToOthers) {
  if (std::system("python3 -c 'import mailbox' 2>/dev/null") != 0) GTEST_SKIP() << "no python3";
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b"}), "Subject: one\n\nbody\n");
  recorded(q.queue, entry, {{0, to_do, ""}});
  q.submit(envelope_to({"c@d"}), "Subject: two\n\nbody\n");
  const std::string script =
      "import mailbox, sys\n"
      "box = mailbox.Maildir(sys.argv[1], create=False)\n"
      "assert sorted(m['Subject'] for m in box) == ['one', 'two']\n"
      "assert all(m.get_payload() == 'body\\n' for m in box)\n"
      "assert sorted(m['Mailchute-Recipient'] for m in box) == ['<a@b>', '<c@d>']\n";
  write_file(q.folder / "read.py", script);
  const auto command = "python3 " + (q.folder / "read.py") + " " + q.folder.path();
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace mailchute::queue
