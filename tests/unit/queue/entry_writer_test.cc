// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/entry_writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "fixture.h"

namespace mailchute::queue {
namespace {

struct DropFolder {
  TemporaryFolder folder;
  DropFolder() {
    std::filesystem::create_directory(folder / "tmp");
    std::filesystem::create_directory(folder / "new");
  }
  EntryWriter writer() { return std::move(*EntryWriter::create(folder.path(), new_queue_id())); }
  std::string content(const std::string& id) { return file_content(folder / ("new/" + id)); }
  std::size_t left() { return count_names(folder / "tmp") + count_names(folder / "new"); }
};

// As on a disk that is full from there on.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t octets) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{octets, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  void (*signal_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST(EntryWriter, WritesTheEntryThatFormatDescribes) {
  DropFolder drop;
  auto writer = drop.writer();
  ASSERT_TRUE(writer.begin(envelope_to({"a@b"})));
  ASSERT_TRUE(writer.write("Subject: x\n"));
  ASSERT_TRUE(writer.write("\nbody\n"));
  EXPECT_EQ(writer.message_length(), 17u);
  EXPECT_EQ(count_names(drop.folder / "new"), 0u) << "nothing before the commit";
  ASSERT_TRUE(writer.commit());
  EXPECT_EQ(drop.content(writer.id()), entry_octets(envelope_to({"a@b"}), "Subject: x\n\nbody\n"));
  EXPECT_EQ(count_names(drop.folder / "tmp"), 0u);
}

TEST(EntryWriter, MakesNothingThatTheQueuesGroupCannotRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, for a folder of another group";
  DropFolder drop;
  ASSERT_EQ(::chown((drop.folder / "tmp").c_str(), kStranger, kStranger), 0);
  const auto refused = EntryWriter::create(drop.folder.path(), new_queue_id());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::permission);
  EXPECT_NE(refused.error().text.find("is not open yet"), std::string::npos);
  EXPECT_EQ(drop.left(), 0u);
  ASSERT_EQ(::chmod((drop.folder / "tmp").c_str(), kDropFolderMode), 0);
  EXPECT_TRUE(EntryWriter::create(drop.folder.path(), new_queue_id()));
}

TEST(EntryWriter, WritesTheSameHoweverItIsGivenTheMessage) {
  DropFolder drop;
  std::string message;
  for (int i = 0; i < 30000; ++i) message += "line " + std::to_string(i) + "\n";
  const auto expected = entry_octets(envelope_to({"a@b"}), message);
  for (const std::size_t piece : {7u, 4096u, 65535u, 65536u, 65537u, 1000000u}) {
    auto writer = drop.writer();
    ASSERT_TRUE(writer.begin(envelope_to({"a@b"})));
    for (std::size_t at = 0; at < message.size(); at += piece) {
      ASSERT_TRUE(writer.write(std::string_view(message).substr(at, piece)));
    }
    ASSERT_TRUE(writer.commit());
    EXPECT_TRUE(drop.content(writer.id()) == expected) << piece;
  }
}

TEST(EntryWriter, HoldsAnEnvelopeLargerThanItsBuffer) {
  DropFolder drop;
  auto envelope = envelope_to({});
  envelope.recipients.assign(5000, {std::string(100, 'a') + "@b", {}, {}});
  auto writer = drop.writer();
  ASSERT_TRUE(writer.begin(envelope));
  ASSERT_TRUE(writer.write(kMessage));
  ASSERT_TRUE(writer.commit());
  EXPECT_TRUE(drop.content(writer.id()) == entry_octets(envelope, kMessage));
}

TEST(EntryWriter, ModeIsRightUnderAnyUmask) {
  DropFolder drop;
  for (const mode_t mask : {0777u, 077u, 0u}) {
    const mode_t before = ::umask(mask);
    auto writer = drop.writer();
    EXPECT_TRUE(writer.begin(envelope_to({"a@b"})));
    EXPECT_TRUE(writer.commit());
    ::umask(before);
    struct stat status {};
    ASSERT_EQ(::stat((drop.folder / ("new/" + writer.id())).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, kSubmittedFileMode);
  }
}

TEST(EntryWriter, LeavesNothingUnlessCommitted) {
  DropFolder drop;
  {
    auto writer = drop.writer();
    EXPECT_EQ(drop.left(), 1u);
    EXPECT_TRUE(writer.begin(envelope_to({"a@b"})));
    EXPECT_TRUE(writer.write(std::string(200000, 'x')));
    const auto moved = std::move(writer);
    EXPECT_EQ(drop.left(), 1u) << "moving it does not end it";
  }
  EXPECT_EQ(drop.left(), 0u);
}

TEST(EntryWriter, RefusesAnEnvelopeThatCouldNotBeReadAgain) {
  DropFolder drop;
  auto writer = drop.writer();
  EXPECT_EQ(writer.begin(envelope_to({})).error().kind, Error::Kind::data);
  EXPECT_EQ(writer.begin(envelope_to({"a\nb"})).error().kind, Error::Kind::data);
  auto envelope = envelope_to({});
  envelope.recipients.assign(kMaxRecipients, {std::string(kMaxAddress, 'a'), {}, {}});
  EXPECT_EQ(writer.begin(envelope).error().kind, Error::Kind::data);
}

TEST(EntryWriter, NoQueueMeansUnavailable) {
  TemporaryFolder folder;
  for (const auto& directory : {folder / "none", folder.path()}) {
    const auto writer = EntryWriter::create(directory, new_queue_id());
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().kind, Error::Kind::unavailable) << writer.error().text;
    EXPECT_NE(writer.error().text.find(folder.path()), std::string::npos);
  }
}

TEST(EntryWriter, NeverOpensWhatIsThereAlready) {
  DropFolder drop;
  const auto id = new_queue_id();
  write_file(drop.folder / "target", "mine");
  ASSERT_EQ(::symlink("../target", (drop.folder / ("tmp/" + id)).c_str()), 0);
  EXPECT_FALSE(EntryWriter::create(drop.folder.path(), id));
  EXPECT_EQ(file_content(drop.folder / "target"), "mine");
}

TEST(EntryWriter, FailedWriteLeavesNothing) {
  DropFolder drop;
  {
    const FileSizeLimit limit(100000);
    auto writer = drop.writer();
    EXPECT_TRUE(writer.begin(envelope_to({"a@b"})));
    EXPECT_FALSE(writer.write(std::string(200000, 'x')));
  }
  EXPECT_EQ(drop.left(), 0u);
}

TEST(EntryWriter, FailedRenameLeavesNothing) {
  DropFolder drop;
  {
    auto writer = drop.writer();
    ASSERT_TRUE(writer.begin(envelope_to({"a@b"})));
    std::filesystem::remove(drop.folder / "new");
    EXPECT_FALSE(writer.commit());
  }
  EXPECT_EQ(count_names(drop.folder / "tmp"), 0u);
}

// Everything that write() took, by the way that is left.
std::string replayed(const EntryWriter& writer) {
  std::string text;
  const auto read = writer.replay([&](std::string_view octets) {
    text += octets;
    return Result<>();
  });
  EXPECT_TRUE(read) << read.error().text;
  return text;
}

TEST(EntryWriter, GivesBackWhatItTookBeforeAFailure) {
  std::string message;
  for (int i = 0; i < 30000; ++i) message += "line " + std::to_string(i) + "\n";
  for (const std::size_t piece : {7u, 4096u, 65536u, 100000u}) {
    for (const rlim_t room : {rlim_t{0}, rlim_t{70000}, rlim_t{200000}, rlim_t{300000}}) {
      DropFolder drop;
      auto writer = drop.writer();
      ASSERT_TRUE(writer.begin(envelope_to({"a@b"})));
      const FileSizeLimit limit(room);
      std::size_t taken = 0;
      while (taken < message.size()) {
        const auto next = std::string_view(message).substr(taken, piece);
        if (!writer.write(next)) break;
        taken += next.size();
      }
      EXPECT_EQ(writer.message_length(), taken);
      EXPECT_TRUE(taken < message.size() || !writer.commit());
      EXPECT_TRUE(replayed(writer) == message.substr(0, taken)) << piece << " " << room;
    }
  }
}

TEST(EntryWriter, GivesBackAllOfItWhenTheCommitFails) {
  for (const std::string& message : {std::string("Subject: x\n\ny\n"), std::string(200000, 'x')}) {
    DropFolder drop;
    auto writer = drop.writer();
    ASSERT_TRUE(writer.begin(envelope_to({"a@b"})));
    ASSERT_TRUE(writer.write(message));
    std::filesystem::remove(drop.folder / "new");
    ASSERT_FALSE(writer.commit());
    EXPECT_TRUE(replayed(writer) == message);
  }
}

TEST(EntryWriter, NoticesThatTheDiskDoesNotGiveBackWhatWasWritten) {
  DropFolder drop;
  auto writer = drop.writer();
  ASSERT_TRUE(writer.begin(envelope_to({"a@b"})));
  ASSERT_TRUE(writer.write(std::string(200000, 'x')));
  const sys::UniqueFd file(::open((drop.folder / ("tmp/" + writer.id())).c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::pwrite(file.get(), "y", 1, 100000), 1);
  const auto read = writer.replay([](std::string_view) { return Result<>(); });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, Error::Kind::io);
}

}  // namespace
}  // namespace mailchute::queue
