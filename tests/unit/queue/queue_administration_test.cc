// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "fixture.h"
#include "queue/view.h"

namespace mailchute::queue {
namespace {

constexpr auto done = RecipientStatus::done;
constexpr auto failed = RecipientStatus::failed;

std::string status_of(const QueueFixture& q, const char* place, const std::string& id) {
  const auto octets = file_content(q.in(place, id));
  return parse_head(octets, octets.size())->progress.status;
}

TEST(QueueAdministration, SetAsideItIsHeldAsItIsWithTheReasonNoted) {
  QueueFixture q;
  const auto entry = q.entry(envelope_to({"a@b"}));
  q.queue.save_info(entry.id(), {7, {}, {}, "451 later"});
  const auto before = file_content(q.in(kCur, entry.id()));
  ASSERT_TRUE(q.queue.set_aside(entry.id(), "wait"));
  EXPECT_EQ(file_content(q.in(kHeld, entry.id())), before);
  const auto listed = View::open(q.folder.path())->find(entry.id());
  EXPECT_EQ(listed->place, Place::held);
  EXPECT_EQ(listed->info.reason, "wait");
  EXPECT_EQ(listed->info.attempts, 7u);
  ASSERT_TRUE(q.queue.release(entry.id()));
  EXPECT_TRUE(q.queue.load(entry.id()));
}

TEST(QueueAdministration, ReleasedUnchangedTheDaemonsOwnFileIsOnlyMoved) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"a@b", "c@d"}));
  ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, done, ""}}));
  const auto before = file_content(q.in(kCur, entry.id()));
  ASSERT_TRUE(q.queue.set_aside(entry.id(), "wait"));
  ASSERT_TRUE(q.queue.release(entry.id()));
  EXPECT_EQ(file_content(q.in(kCur, entry.id())), before);
}

TEST(QueueAdministration, AChangedEnvelopeIsInTheEntryAndTheOldOneInTheLog) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"done@b", "Old@b"}));
  ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, done, ""}}));
  ASSERT_TRUE(q.queue.hold(entry, "550 not you"));
  const Changes changes{"new@example.org", {{"old@B", "new@b"}}};
  ASSERT_TRUE(q.queue.release(entry.id(), changes));
  const auto again = q.queue.load(entry.id());
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->envelope().reverse_path, "new@example.org");
  EXPECT_EQ(again->envelope().recipients[1].address, "new@b");
  EXPECT_EQ(again->envelope().recipients[1].original, "rfc822;Old@b") << "the sender knows this one";
  EXPECT_EQ(again->progress().status, "+-");
  EXPECT_EQ(*again->text(), kMessage);
  EXPECT_EQ(q.log.count("readdressed id=" + entry.id() + " from=<new@example.org> was=<sender@example.org>"), 1u);
  EXPECT_EQ(q.log.count("to=<new@b> was=<Old@b>"), 1u);
}

TEST(QueueAdministration, WhomAnyMessageWasForIsKnownAsTheReportsNameHim) {
  QueueFixture q;
  const std::string utf8 = "jos\xc3\xa9@b", longest(kMaxAddress, '+');
  auto entry = q.entry(envelope_to({utf8, longest}));
  ASSERT_TRUE(q.queue.hold(entry, "550 not you"));
  const auto released = q.queue.release(entry.id(), {{}, {{utf8, "jose@b"}, {longest, "short@b"}}});
  ASSERT_TRUE(released) << released.error().text;
  const auto again = q.queue.load(entry.id());
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->envelope().recipients[0].original, "utf-8;jos\\x{E9}@b");
  EXPECT_EQ(again->envelope().recipients[1].original, "") << "no mail server takes it";
}

TEST(QueueAdministration, WhatCannotBeChangedSoStaysWhereItIs) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"done@b", "left@b"}));
  ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, done, ""}}));
  ASSERT_TRUE(q.queue.hold(entry, "550 not you"));
  const auto before = file_content(q.in(kHeld, entry.id()));
  for (const Changes& changes : {Changes{{}, {{"nobody@b", "x@y"}}}, Changes{{}, {{"done@b", "x@y"}}},
                                 Changes{{}, {{"left@b", "done@b"}}}, Changes{{}, {{"nobody@b", "done@b"}}}, Changes{"a\n@b", {}}}) {
    EXPECT_EQ(q.queue.release(entry.id(), changes).error().kind, Error::Kind::rejected);
    EXPECT_EQ(file_content(q.in(kHeld, entry.id())), before);
  }
  EXPECT_EQ(q.log.count("readdressed"), 0u);
}

TEST(QueueAdministration, ADeadLetterIsPutBackToAnotherFromAnother) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"done@b", "bad@b", "worse@b"}));
  ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, done, ""}, {1, failed, "550 who?"}, {2, failed, "550 no"}}));
  ASSERT_TRUE(q.queue.untold(entry));
  ASSERT_TRUE(q.has(kFailed, entry.id()));
  ASSERT_TRUE(q.queue.release(entry.id(), {"new@example.org", {{"bad@b", "good@b"}}}));
  const auto again = q.queue.load(entry.id());
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->envelope().reverse_path, "new@example.org");
  EXPECT_EQ(again->envelope().recipients[1].address, "good@b");
  EXPECT_EQ(again->envelope().recipients[2].address, "worse@b");
  EXPECT_EQ(again->progress().status, "+--");
  EXPECT_TRUE(again->progress().replies.empty() && again->owed().empty());
  EXPECT_FALSE(q.has(kFailed, entry.id()));
}

TEST(QueueAdministration, WhatACrashHasLeftChangedAndNotMovedIsReleasedByTheSameWords) {
  const Changes changes{"new@example.org", {{"old@b", "new@b"}}};
  for (const char* place : {kHeld, kFailed}) {
    QueueFixture q;
    auto entry = q.entry(envelope_to({"done@b", "old@b"}));
    ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, done, ""}, {1, failed, "550 who?"}}));
    std::filesystem::rename(q.in(kCur, entry.id()), q.in(place, entry.id()));
    ASSERT_TRUE(q.queue.release(entry.id(), changes));
    std::filesystem::rename(q.in(kCur, entry.id()), q.in(place, entry.id()));
    const auto released = q.queue.release(entry.id(), changes);
    ASSERT_TRUE(released) << place << ": " << released.error().text;
    const auto again = q.queue.load(entry.id());
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again->envelope().recipients[1].address, "new@b");
    EXPECT_EQ(again->progress().status, "+-");
    EXPECT_EQ(q.log.count("readdressed"), 2u) << "what was there before is said once";
  }
}

TEST(QueueAdministration, GivenUpItIsOwedWhereverItWas) {
  for (const char* place : {kCur, kHeld, kFailed}) {
    QueueFixture q;
    auto entry = q.entry(envelope_to({"done@b", "left@b"}));
    ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, done, ""}}));
    if (place == kHeld) {
      ASSERT_TRUE(q.queue.hold(entry, "550 not you"));
    }
    if (place == kFailed) std::filesystem::rename(q.in(kCur, entry.id()), q.in(kFailed, entry.id()));
    ASSERT_TRUE(q.queue.give_up(entry.id(), "no more"));
    const auto owing = q.queue.load(entry.id());
    ASSERT_TRUE(owing) << place << owing.error().text;
    EXPECT_EQ(owing->owed(), std::vector<std::size_t>{1}) << place;
    EXPECT_EQ(owing->progress().replies[0].text, "no more");
    EXPECT_FALSE(owing->progress().notification.empty());
    EXPECT_FALSE(q.has(kHeld, entry.id()) || q.has(kFailed, entry.id()));
  }
}

TEST(QueueAdministration, ADeadLetterKeepsTheReplyThatItHas) {
  QueueFixture q;
  auto entry = q.entry(envelope_to({"bad@b"}));
  ASSERT_TRUE(q.queue.record(entry, std::vector<Outcome>{{0, failed, "550 who?"}}));
  ASSERT_TRUE(q.queue.untold(entry));
  ASSERT_TRUE(q.has(kFailed, entry.id()));
  ASSERT_TRUE(q.queue.give_up(entry.id(), "no more"));
  const auto owing = q.queue.load(entry.id());
  ASSERT_EQ(owing->progress().replies.size(), 1u);
  EXPECT_EQ(owing->progress().replies[0].text, "550 who?");
}

TEST(QueueAdministration, WhereNobodyWouldBeToldItIsNotGivenUp) {
  QueueFixture q;
  auto envelope = envelope_to({"a@b"});
  envelope.reverse_path.clear();
  const auto notification = q.entry(envelope);
  EXPECT_EQ(q.queue.give_up(notification.id(), "no more").error().kind, Error::Kind::rejected);
  envelope = envelope_to({"quiet@b", "loud@b"});
  envelope.recipients[0].notify.never = true;
  const auto both = q.entry(envelope);
  ASSERT_TRUE(q.queue.give_up(both.id(), "no more"));
  EXPECT_EQ(status_of(q, kCur, both.id()), "+!") << "one leaves without a word";
}

TEST(QueueAdministration, DiscardedItIsNowhere) {
  QueueFixture q;
  for (const char* place : {kCur, kHeld, kFailed}) {
    const auto entry = q.entry(envelope_to({"a@b"}));
    q.queue.save_info(entry.id(), {1, {}, {}, "x"});
    if (place != kCur) std::filesystem::rename(q.in(kCur, entry.id()), q.in(place, entry.id()));
    ASSERT_TRUE(q.queue.discard(entry.id()));
    EXPECT_FALSE(q.queue.has(entry.id()));
    EXPECT_FALSE(q.has(kInfo, entry.id()));
    EXPECT_EQ(q.queue.discard(entry.id()).error().kind, Error::Kind::unavailable);
  }
  EXPECT_EQ(q.queue.unsynced(), 3u);
  EXPECT_TRUE(q.queue.sync());
}

TEST(QueueAdministration, NothingButAQueueIdIsLookedFor) {
  QueueFixture q;
  for (const std::string& id : {std::string("../lock"), std::string(), new_queue_id()}) {
    EXPECT_EQ(q.queue.set_aside(id, "").error().kind, Error::Kind::unavailable);
    EXPECT_EQ(q.queue.give_up(id, "").error().kind, Error::Kind::unavailable);
    EXPECT_EQ(q.queue.discard(id).error().kind, Error::Kind::unavailable);
  }
}

}  // namespace
}  // namespace mailchute::queue
