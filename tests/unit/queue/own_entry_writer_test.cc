// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/own_entry_writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fixture.h"

namespace mailchute::queue {
namespace {

Progress progress_of(std::size_t recipients, std::uint32_t owner) {
  Progress progress;
  progress.status.assign(recipients, '-');
  progress.owner = owner;
  return progress;
}

struct OwnWriter : QueueFixture {
  OwnEntryWriter writer(std::uint32_t owner = kStranger) {
    return std::move(*queue.create(new_queue_id(), owner));
  }
  OwnEntryWriter finished(const std::string& id) {
    auto made = queue.create(id, kStranger);
    EXPECT_TRUE(made && made->begin(envelope_to({"a@b"})) && made->write(kMessage) &&
                made->finish());
    return std::move(*made);
  }
};

TEST(OwnEntryWriter, WritesAnEntryOfTheDaemonsOwn) {
  OwnWriter q;
  auto writer = q.writer();
  const auto envelope = envelope_to({"a@b", "c@d"});
  ASSERT_TRUE(writer.begin(envelope));
  ASSERT_TRUE(writer.write("Subject: x\n"));
  ASSERT_TRUE(writer.write("\nbody\n"));
  EXPECT_EQ(writer.message_length(), 17u);
  ASSERT_TRUE(writer.finish());
  EXPECT_TRUE(q.queue.ids()->empty()) << "nothing before the commit";
  ASSERT_TRUE(q.queue.commit(writer));
  EXPECT_EQ(count_names(q.folder / kWork), 0u);
  EXPECT_EQ(file_content(q.in(kCur, writer.id())),
            entry_octets(envelope, "Subject: x\n\nbody\n", progress_of(2, kStranger)));

  const auto entry = q.queue.load(writer.id());
  ASSERT_TRUE(entry) << entry.error().text;
  EXPECT_TRUE(entry->own());
  EXPECT_EQ(entry->owner(), kStranger);
  EXPECT_EQ(entry->envelope(), envelope);
}

TEST(OwnEntryWriter, WritesTheSameHoweverItIsGivenTheMessage) {
  OwnWriter q;
  std::string message;
  for (int i = 0; i < 30000; ++i) message += "line " + std::to_string(i) + "\n";
  const auto expected = entry_octets(envelope_to({"a@b"}), message, progress_of(1, kStranger));
  for (const std::size_t piece : {7u, 4096u, 16383u, 16384u, 16385u, 1000000u}) {
    auto writer = q.writer();
    ASSERT_TRUE(writer.begin(envelope_to({"a@b"})));
    for (std::size_t at = 0; at < message.size(); at += piece) {
      ASSERT_TRUE(writer.write(std::string_view(message).substr(at, piece)));
    }
    ASSERT_TRUE(writer.finish());
    ASSERT_TRUE(q.queue.commit(writer));
    EXPECT_TRUE(file_content(q.in(kCur, writer.id())) == expected) << piece;
  }
}

TEST(OwnEntryWriter, TellsTheSumThatASubmitterCanTellToo) {
  OwnWriter q;
  for (const auto& message : {std::string(kMessage), std::string(100000, 'x')}) {
    const auto text = format_envelope(envelope_to({"a@b"}));
    DigestBuilder digest;
    digest.update(text);
    digest.update(message);
    auto writer = q.writer();
    ASSERT_TRUE(writer.begin(envelope_to({"a@b"})) && writer.write(message));
    EXPECT_EQ(*writer.finish(), (EntrySum{text.size(), message.size(), digest.finish()}));
  }
}

TEST(OwnEntryWriter, HoldsAnEnvelopeLargerThanItsBuffer) {
  OwnWriter q;
  auto envelope = envelope_to({});
  envelope.recipients.assign(5000, {std::string(100, 'a') + "@b", {}, {}});
  auto writer = q.writer();
  ASSERT_TRUE(writer.begin(envelope));
  EXPECT_GT(std::filesystem::file_size(q.in(kWork, writer.id())), 500000u) << "not in memory";
  ASSERT_TRUE(writer.write(kMessage));
  ASSERT_TRUE(writer.finish() && q.queue.commit(writer));
  EXPECT_EQ(q.queue.load(writer.id())->envelope().recipients.size(), 5000u);
}

TEST(OwnEntryWriter, ModeIsRightUnderAnyUmask) {
  OwnWriter q;
  const mode_t before = ::umask(0);
  auto writer = q.writer();
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(q.in(kWork, writer.id()).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, kOwnFileMode);
}

TEST(OwnEntryWriter, LeavesNothingUnlessCommitted) {
  OwnWriter q;
  {
    auto writer = q.writer();
    EXPECT_EQ(count_names(q.folder / kWork), 1u);
    EXPECT_TRUE(writer.begin(envelope_to({"a@b"})));
    EXPECT_TRUE(writer.write(std::string(200000, 'x')));
    auto moved = std::move(writer);
    EXPECT_EQ(count_names(q.folder / kWork), 1u) << "moving it does not end it";
    EXPECT_FALSE(q.queue.commit(moved)) << "not finished";
    EXPECT_TRUE(moved.finish());
  }
  EXPECT_EQ(count_names(q.folder / kWork), 0u);
  EXPECT_TRUE(q.queue.ids()->empty());
}

TEST(OwnEntryWriter, RefusesWhatCouldNotBeReadAgain) {
  OwnWriter q;
  auto writer = q.writer();
  EXPECT_EQ(writer.begin(envelope_to({})).error().kind, Error::Kind::data);
  EXPECT_EQ(writer.begin(envelope_to({"a\nb"})).error().kind, Error::Kind::data);
  EXPECT_EQ(q.queue.create("../cur/x", 0).error().kind, Error::Kind::data);
}

TEST(OwnEntryWriter, AnIdIsTakenOnce) {
  OwnWriter q;
  const auto id = new_queue_id();
  auto first = q.finished(id);
  EXPECT_FALSE(q.queue.create(id, 0)) << "being written";
  ASSERT_TRUE(q.queue.commit(first));
  for (const char* place : {kCur, kHeld, kFailed}) {
    std::filesystem::rename(q.in(kCur, id), q.in(place, id));
    EXPECT_EQ(q.queue.create(id, 0).error().kind, Error::Kind::rejected) << place;
    std::filesystem::rename(q.in(place, id), q.in(kCur, id));
  }
}

TEST(OwnEntryWriter, NeverReplacesAnEntryThatCameMeanwhile) {
  OwnWriter q;
  for (const char* place : {kCur, kHeld, kFailed}) {
    auto writer = q.finished(new_queue_id());
    write_file(q.in(place, writer.id()), "other");
    EXPECT_EQ(q.queue.commit(writer).error().kind, Error::Kind::rejected) << place;
    EXPECT_EQ(file_content(q.in(place, writer.id())), "other");
  }
  EXPECT_EQ(count_names(q.folder / kWork), 0u);
}

TEST(OwnEntryWriter, CommitIsCountedUntilItIsDurable) {
  OwnWriter q;
  auto writer = q.finished(new_queue_id());
  EXPECT_EQ(q.queue.unsynced(), 0u);
  ASSERT_TRUE(q.queue.commit(writer));
  EXPECT_EQ(q.queue.unsynced(), 1u);
  EXPECT_TRUE(q.queue.sync());
  EXPECT_EQ(q.queue.unsynced(), 0u);
}

TEST(OwnEntryWriter, DraftOfACrashIsRemovedAtTheNextStart) {
  OwnWriter q;
  write_file(q.in(kWork, new_queue_id()), "half");
  q.restart();
  EXPECT_EQ(count_names(q.folder / kWork), 0u);
}

TEST(OwnEntryWriter, CannotTakeTheIdOfSomebodyElsesFileInNew) {
  OwnWriter q;
  const auto mine = q.submit(envelope_to({"a@b"}));
  EXPECT_EQ(q.queue.create(mine, kStranger).error().kind, Error::Kind::rejected);
  EXPECT_TRUE(q.queue.create(mine, ::getuid())) << "one's own, on a disk in trouble";
  const auto id = new_queue_id();
  auto writer = q.finished(id);
  std::filesystem::rename(q.in(kNew, mine), q.in(kNew, id));
  EXPECT_EQ(q.queue.commit(writer).error().kind, Error::Kind::rejected);
  EXPECT_EQ(q.queue.adopt(10)->size(), 1u) << "it is still there";
}

TEST(OwnEntryWriter, EverybodyKnowsWhoseAnEntryIs) {
  OwnWriter q;
  const auto id = new_queue_id();
  EXPECT_FALSE(q.queue.owner_of(id));
  EXPECT_FALSE(q.queue.owner_of("../lock"));
  auto writer = q.finished(id);
  EXPECT_FALSE(q.queue.owner_of(id)) << "not committed";
  ASSERT_TRUE(q.queue.commit(writer));
  EXPECT_EQ(q.queue.owner_of(id), kStranger);
  auto entry = *q.queue.load(id);
  ASSERT_TRUE(q.queue.hold(entry, "550 no"));
  EXPECT_EQ(q.queue.owner_of(id), kStranger);
  EXPECT_EQ(q.queue.owner_of(q.entry(envelope_to({"a@b"})).id()), ::getuid());
}

TEST(OwnEntryWriter, ACommitCanBeTakenBack) {
  OwnWriter q;
  auto writer = q.finished(new_queue_id());
  ASSERT_TRUE(q.queue.commit(writer));
  q.queue.take_back(writer);
  EXPECT_TRUE(q.queue.ids()->empty());
  EXPECT_FALSE(q.queue.has(writer.id()));
}

}  // namespace
}  // namespace mailchute::queue
