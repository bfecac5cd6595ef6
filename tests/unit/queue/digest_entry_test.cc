// SPDX-License-Identifier: GPL-3.0-or-later
// Entries that stand for others.
#include <gtest/gtest.h>

#include "queue/view.h"
#include "unit/queue/fixture.h"

namespace mailchute::queue {
namespace {

constexpr auto kDone = RecipientStatus::done;
constexpr auto kRefused = RecipientStatus::failed;
constexpr auto kToDo = RecipientStatus::to_do;

std::vector<Outcome> one(std::size_t recipient, RecipientStatus status, const std::string& reply) {
  return {Outcome{recipient, status, reply, {}}};
}

struct DigestTest : ::testing::Test {
  QueueFixture it;
  std::vector<std::string> originals{it.entry(envelope_to({"you@example.org"})).id(),
                                     it.entry(envelope_to({"you@example.org"})).id()};

  Entry digest(const mail::Envelope& envelope) {
    auto writer = it.queue.create(new_queue_id(), kStranger).value();
    EXPECT_TRUE(writer.begin(envelope, originals) && writer.write(kMessage) && writer.finish() &&
                it.queue.commit(writer) && it.queue.sync());
    return it.queue.load(writer.id()).value();
  }
  bool originals_in(const char* place) {
    EXPECT_EQ(it.has(place, originals[0]), it.has(place, originals[1]));
    return it.has(place, originals[0]);
  }
};

TEST_F(DigestTest, NamesItsOriginals) {
  const Entry entry = digest(envelope_to({"you@example.org"}));
  EXPECT_EQ(entry.progress().digest_of, originals);
  EXPECT_EQ(entry.owner(), kStranger);
  const auto view = View::open(it.folder.path());
  EXPECT_EQ(view->read(entry.id(), Place::waiting)->digest_of, originals);
  EXPECT_EQ(it.queue.waits(entry.id()), true);
  EXPECT_EQ(it.queue.waits(new_queue_id()), false);
}

TEST_F(DigestTest, TakesItsOriginalsWithItWhenItIsDelivered) {
  Entry entry = digest(envelope_to({"you@example.org"}));
  EXPECT_EQ(it.queue.record(entry, one(0, kToDo, "451 later")), Disposition::waiting);
  EXPECT_TRUE(originals_in(kCur));
  ASSERT_TRUE(it.queue.set_aside(originals[0], "held meanwhile"));
  EXPECT_EQ(it.queue.record(entry, one(0, kDone, "")), Disposition::removed);
  EXPECT_FALSE(originals_in(kCur) || originals_in(kHeld) || it.has(kCur, entry.id()));
}

TEST_F(DigestTest, LeavesItsOriginalsWhenNobodyCouldGetIt) {
  Entry entry = digest(envelope_to({"you@example.org", "me@example.org"}));
  EXPECT_EQ(it.queue.record(entry, one(0, kRefused, "550 no")), Disposition::waiting);
  EXPECT_TRUE(entry.owed().empty());
  EXPECT_EQ(it.queue.record(entry, one(1, kRefused, "550 no")), Disposition::removed);
  EXPECT_TRUE(originals_in(kCur));
  EXPECT_FALSE(it.has(kCur, entry.id()) || it.has(kFailed, entry.id()));
}

TEST_F(DigestTest, WhereSomebodyGotItTheSenderIsToldOfTheOthers) {
  Entry entry = digest(envelope_to({"you@example.org", "me@example.org"}));
  EXPECT_EQ(it.queue.record(entry, one(0, kRefused, "550 no")), Disposition::waiting);
  EXPECT_EQ(it.queue.record(entry, one(1, kDone, "")), Disposition::owed);
  EXPECT_EQ(entry.owed(), std::vector<std::size_t>{0});
  EXPECT_FALSE(entry.progress().notification.empty());
  EXPECT_TRUE(originals_in(kCur));
  EXPECT_EQ(it.queue.told(entry), Disposition::removed);
  EXPECT_FALSE(originals_in(kCur));
}

TEST_F(DigestTest, WhatACrashLeftDeliveredLeavesWhenItIsLoaded) {
  const std::string id = digest(envelope_to({"you@example.org"})).id();
  Progress progress;
  progress.status = "+";
  progress.owner = kStranger;
  progress.digest_of = originals;
  write_file(it.in(kCur, id), entry_octets(envelope_to({"you@example.org"}), kMessage, progress));
  it.restart();
  EXPECT_TRUE(originals_in(kCur));
  EXPECT_EQ(it.queue.load(id).error().kind, Error::Kind::unavailable);
  EXPECT_FALSE(originals_in(kCur) || it.has(kCur, id));
}

TEST_F(DigestTest, IsNotBelievedInASubmittersFile) {
  Progress progress;
  progress.status = "+";
  progress.digest_of = originals;
  it.drop(entry_octets(envelope_to({"you@example.org"}), kMessage, progress));
  ASSERT_TRUE(it.queue.adopt(10));
  EXPECT_TRUE(originals_in(kCur));
}

TEST_F(DigestTest, NamesAreQueueIdsAndNotTooMany) {
  const auto parses = [](const std::vector<std::string>& ids) {
    Progress progress;
    progress.status = "-";
    progress.digest_of = ids;
    const std::string file = entry_octets(envelope_to({"you@example.org"}), kMessage, progress);
    return parse_head(file, file.size()).has_value();
  };
  EXPECT_TRUE(parses(originals));
  EXPECT_TRUE(parses(std::vector<std::string>(kMaxDigest, originals[0])));
  EXPECT_FALSE(parses(std::vector<std::string>(kMaxDigest + 1, originals[0])));
  EXPECT_FALSE(parses({originals[0], "../../etc/passwd"}));
}

}  // namespace
}  // namespace mailchute::queue
