// SPDX-License-Identifier: GPL-3.0-or-later
// What can lie in new/, and who could have put it there.
#include "queue/adoption.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "fixture.h"

namespace mailchute::queue {
namespace {

std::string good_octets() { return entry_octets(envelope_to({"a@b"}), kMessage); }

// Adopts once; the id must be gone from everywhere, and a line must say why.
void expect_junk(QueueFixture& q, const std::string& id, std::string_view reason) {
  EXPECT_TRUE(q.queue.adopt(100)->empty()) << reason;
  EXPECT_FALSE(q.has(kNew, id)) << reason;
  EXPECT_FALSE(q.has(kCur, id)) << reason;
  EXPECT_EQ(q.log.count("4 junk id=" + id), 1u) << reason;
  EXPECT_EQ(q.log.count(reason), 1u) << (q.log.lines.empty() ? "" : q.log.lines.back());
  EXPECT_FALSE(q.queue.more_to_adopt());
}

TEST(Adoption, TakesWhatTheFrontEndWrote) {
  QueueFixture q;
  const auto id = q.submit(envelope_to({"a@b"}));
  const auto adopted = *q.queue.adopt(100);
  ASSERT_EQ(adopted.size(), 1u);
  EXPECT_EQ(adopted[0].id, id);
  EXPECT_EQ(adopted[0].owner, ::getuid());
  EXPECT_TRUE(q.has(kCur, id));
  EXPECT_FALSE(q.has(kNew, id));
  EXPECT_TRUE(q.log.lines.empty());
}

TEST(Adoption, SaysWhatItIsAboutToOpenAndWhenThatIsOver) {
  QueueFixture q;
  std::vector<std::string> told;
  Queue::Options options;
  options.directory = q.folder.path();
  options.examining = [&](std::string_view id) { told.emplace_back(id); };
  auto queue = Queue::open(std::move(options), q.log);
  ASSERT_TRUE(queue);
  const auto id = q.submit(envelope_to({"a@b"}));
  write_file(q.in(kNew, new_queue_id()), "no entry");
  EXPECT_EQ(queue->adopt(10)->size(), 1u);
  ASSERT_EQ(told.size(), 4u);
  EXPECT_TRUE(told[0] == id || told[2] == id);
  EXPECT_EQ(told[1] + told[3], "");
}

TEST(Adoption, GoesOnWhereItStopped) {
  QueueFixture q;
  for (int i = 0; i < 25; ++i) q.submit(envelope_to({"a@b"}));
  EXPECT_EQ(q.queue.adopt(10)->size(), 10u);
  EXPECT_TRUE(q.queue.more_to_adopt());
  q.submit(envelope_to({"a@b"}));
  EXPECT_EQ(q.queue.adopt(10)->size(), 10u);
  EXPECT_EQ(q.queue.adopt(10)->size(), 6u);
  EXPECT_FALSE(q.queue.more_to_adopt());
  EXPECT_EQ(q.queue.ids()->size(), 26u);
}

// Arrived while a pass was interrupted, which may or may not see it.
TEST(Adoption, AnInterruptedPassIsFollowedByAWholeOne) {
  QueueFixture q;
  for (int round = 0; round < 50; ++round) {
    q.submit(envelope_to({"a@b"}));
    q.submit(envelope_to({"a@b"}));
    EXPECT_EQ(q.queue.adopt(1)->size(), 1u);
    q.submit(envelope_to({"a@b"}));
    EXPECT_EQ(q.queue.adopt(100)->size(), 2u);
    EXPECT_FALSE(q.queue.more_to_adopt());
  }
}

TEST(Adoption, OtherNamesAreLeftAlone) {
  QueueFixture q;
  for (const char* name : {"a", ".hidden", "0123456789ABCDEFGHJKMNPQRI", "core"}) {
    write_file(q.in(kNew, name), good_octets());
  }
  EXPECT_TRUE(q.queue.adopt(100)->empty());
  EXPECT_EQ(count_names(q.folder / kNew), 4u);
  EXPECT_TRUE(q.log.lines.empty());
}

TEST(Adoption, RemovesFilesThatAreNoEntries) {
  QueueFixture q;
  const auto octets = good_octets();
  auto torn = octets;
  torn.back() = ' ';
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "cut short"},
      {"\n", "no Mailchute-Entry line"},
      {octets.substr(0, 50), "cut short"},
      {octets.substr(0, octets.size() - 1), "lengths"},
      {octets + "x", "lengths"},
      {torn, "wrong digest"},
      {entry_octets(envelope_to({}), kMessage), "no recipients"},
      {std::string(100000, '\0'), "no Mailchute-Entry line"},
  };
  for (const auto& [content, reason] : cases) {
    q.log.lines.clear();
    expect_junk(q, q.drop(content), reason);
  }
}

TEST(Adoption, RemovesTornLargeFiles) {
  QueueFixture q;
  auto octets = entry_octets(envelope_to({"a@b"}), std::string(300000, 'x'));
  octets[octets.size() - 1] = 'y';
  expect_junk(q, q.drop(octets), "wrong digest");
}

TEST(Adoption, KeepsWhatIsTooLargeAsADeadLetter) {
  QueueFixture q;
  q.size_limit = 1000;
  q.restart();
  EXPECT_NE(q.submit(envelope_to({"a@b"}), std::string(1000, 'x')), "");
  EXPECT_EQ(q.queue.adopt(10)->size(), 1u);
  const auto large = q.submit(envelope_to({"a@b"}), std::string(1001, 'x'));
  EXPECT_TRUE(q.queue.adopt(10)->empty());
  EXPECT_TRUE(q.has(kFailed, large));
  EXPECT_EQ(q.log.count("message_size_limit"), 1u);
  q.log.lines.clear();
  const auto sparse = q.drop("Mailchute-Entry: 1 ");
  std::filesystem::resize_file(q.in(kNew, sparse), std::uintmax_t{1} << 40);
  expect_junk(q, sparse, "Entry");
}

TEST(Queue, WhatALowerSizeLimitShutsOutIsADeadLetterAndCanBePutBack) {
  QueueFixture q;
  const auto id = q.submit(envelope_to({"a@b"}), std::string(2000, 'x'));
  EXPECT_EQ(q.queue.adopt(10)->size(), 1u);
  q.size_limit = 1000;
  q.restart();
  EXPECT_FALSE(q.queue.load(id));
  EXPECT_TRUE(q.has(kFailed, id));
  EXPECT_TRUE(q.queue.release(id));
  EXPECT_TRUE(q.queue.load(id));
}

// Reading it would keep everybody else waiting.
TEST(Queue, AFileThatGrewAfterItsAdoptionIsNotRead) {
  QueueFixture q;
  const auto id = q.drop(good_octets());
  EXPECT_EQ(q.queue.adopt(10)->size(), 1u);
  const auto path = q.in(kCur, id);
  const std::string envelope = format_envelope(envelope_to({"a@b"}));
  const std::uint64_t message = std::uint64_t{1} << 36;
  std::ofstream(path) << format_entry_line(envelope.size(), message, Digest{}) << envelope;
  std::filesystem::resize_file(path, kEntryLineLength + envelope.size() + message);
  EXPECT_FALSE(q.queue.load(id));
  EXPECT_TRUE(q.has(kFailed, id));
}

TEST(Adoption, RemovesFilesWithAWrongMode) {
  for (const mode_t mode : {0600u, 0644u, 0660u, 0440u, 0u, 04640u, 0750u}) {
    QueueFixture q;
    const auto id = q.drop(good_octets(), mode);
    EXPECT_TRUE(q.queue.adopt(100)->empty()) << mode;
    EXPECT_FALSE(q.has(kCur, id)) << mode;
    EXPECT_EQ(q.log.count("junk"), 1u) << mode;
  }
}

// Only the daemon says what is done already, and not by way of the drop directory.
TEST(Adoption, RemovesFilesWithAStatus) {
  const Progress progress{"+", {}, "", 0};
  const auto octets = entry_octets(envelope_to({"a@b"}), kMessage, progress);
  for (const mode_t mode : {kSubmittedFileMode, kOwnFileMode}) {
    QueueFixture q;
    q.drop(octets, mode);
    EXPECT_TRUE(q.queue.adopt(100)->empty());
    EXPECT_EQ(q.log.count("junk"), 1u);
    EXPECT_TRUE(q.queue.ids()->empty());
  }
}

TEST(Adoption, RemovesFilesWithOtherLinks) {
  QueueFixture q;
  const auto id = q.drop(good_octets());
  std::filesystem::create_hard_link(q.in(kNew, id), q.folder / "kept");
  expect_junk(q, id, "other links");
  EXPECT_EQ(file_content(q.folder / "kept"), good_octets()) << "only our name goes";
}

TEST(Adoption, FollowsNoSymbolicLink) {
  QueueFixture q;
  write_file(q.folder / "secret", good_octets());
  for (const auto& target : {q.folder / "secret", std::string("../secret"), std::string("/"),
                             std::string("/dev/zero"), std::string("nowhere")}) {
    q.log.lines.clear();
    const auto id = new_queue_id();
    ASSERT_EQ(::symlink(target.c_str(), q.in(kNew, id).c_str()), 0);
    expect_junk(q, id, "symbolic links");
  }
  EXPECT_EQ(file_content(q.folder / "secret"), good_octets());
}

TEST(Adoption, AFifoOrASocketHoldsNobodyUp) {
  QueueFixture q;
  auto id = new_queue_id();
  ASSERT_EQ(::mkfifo(q.in(kNew, id).c_str(), 0640), 0);
  expect_junk(q, id, "not a regular file");

  id = new_queue_id();
  sockaddr_un address{AF_UNIX, {}};
  q.in(kNew, id).copy(address.sun_path, sizeof address.sun_path - 1);
  const sys::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  expect_junk(q, id, "No such device");
}

TEST(Adoption, EmptyFoldersGoAndOthersAreIgnoredWithOneLine) {
  QueueFixture q;
  auto id = new_queue_id();
  std::filesystem::create_directory(q.in(kNew, id));
  expect_junk(q, id, "folder");
  q.log.lines.clear();
  for (int i = 0; i < 5; ++i) {
    id = new_queue_id();
    std::filesystem::create_directories(q.in(kNew, id) + "/x");
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(q.queue.adopt(2)->empty());
  EXPECT_FALSE(q.queue.more_to_adopt());
  EXPECT_TRUE(q.has(kNew, id));
  EXPECT_EQ(q.log.lines.size(), 1u);
  EXPECT_EQ(q.log.count("4 ignored id="), 1u);
}

TEST(Adoption, AnIdThatIsTakenReplacesNothing) {
  for (const char* place : {kHeld, kFailed}) {
    QueueFixture q;
    const auto id = q.drop(good_octets());
    write_file(q.in(place, id), "the first one");
    expect_junk(q, id, "id of another entry");
  }
  QueueFixture q;
  const auto id = q.submit(envelope_to({"a@b"}));
  ASSERT_EQ(q.queue.adopt(10)->size(), 1u);
  const auto before = file_content(q.in(kCur, id));
  write_file(q.in(kNew, id), entry_octets(envelope_to({"c@d"}), "another"));
  EXPECT_TRUE(q.queue.adopt(10)->empty());
  EXPECT_EQ(file_content(q.in(kCur, id)), before);
  EXPECT_FALSE(q.has(kNew, id));
}

TEST(Adoption, ALeaseMeansLaterAndKeepsNobodyElseOut) {
  QueueFixture q;
  const auto old = std::signal(SIGIO, SIG_IGN);
  const auto id = q.submit(envelope_to({"a@b"}));
  sys::UniqueFd holder(::open(q.in(kNew, id).c_str(), O_RDWR));
  if (::fcntl(holder.get(), F_SETLEASE, F_WRLCK) < 0) GTEST_SKIP() << "no leases here";
  const auto other = q.submit(envelope_to({"c@d"}));
  EXPECT_EQ(q.queue.adopt(10)->size(), 1u);
  EXPECT_TRUE(q.queue.more_to_adopt());
  EXPECT_EQ(q.queue.load(id).error().kind, Error::Kind::temporary);
  for (int i = 0; i < 3; ++i) {
    q.submit(envelope_to({"e@f"}));
    EXPECT_EQ(q.queue.adopt(1)->size(), 1u);
  }
  holder.reset();
  const auto adopted = *q.queue.adopt(10);
  ASSERT_EQ(adopted.size(), 1u);
  EXPECT_EQ(adopted[0].id, id);
  EXPECT_FALSE(q.queue.more_to_adopt());
  EXPECT_TRUE(q.log.lines.empty());
  std::signal(SIGIO, old);
}

class AdoptionFromStrangers : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to make other people's files";
  }
  std::string stranger_drops(QueueFixture& q, uid_t owner = kStranger) {
    const auto id = q.drop(good_octets());
    EXPECT_EQ(::lchown(q.in(kNew, id).c_str(), owner, static_cast<gid_t>(-1)), 0);
    return id;
  }
};

TEST_F(AdoptionFromStrangers, NamesTheOwner) {
  QueueFixture q;
  stranger_drops(q);
  stranger_drops(q, kOverflowUid);
  auto adopted = *q.queue.adopt(10);
  ASSERT_EQ(adopted.size(), 2u);
  std::sort(adopted.begin(), adopted.end(),
            [](const Adopted& a, const Adopted& b) { return a.owner < b.owner; });
  EXPECT_EQ(adopted[0].owner, kStranger);
  EXPECT_EQ(adopted[1].owner, kOverflowUid);
}

TEST_F(AdoptionFromStrangers, RemovesFilesOfAnotherGroup) {
  QueueFixture q;
  const auto id = stranger_drops(q);
  ASSERT_EQ(::lchown(q.in(kNew, id).c_str(), kStranger, kStranger), 0);
  expect_junk(q, id, "wrong group");
  EXPECT_EQ(q.log.count("uid=12345"), 1u);
}

TEST_F(AdoptionFromStrangers, NamesTheOwnerOfWhatCannotBeOpened) {
  QueueFixture q;
  const auto id = new_queue_id();
  ASSERT_EQ(::symlink("nowhere", q.in(kNew, id).c_str()), 0);
  ASSERT_EQ(::lchown(q.in(kNew, id).c_str(), kStranger, static_cast<gid_t>(-1)), 0);
  expect_junk(q, id, "symbolic links");
  EXPECT_EQ(q.log.count("uid=12345"), 1u);
}

TEST_F(AdoptionFromStrangers, BlamesEachOwnerOfImmovableThingsOnce) {
  QueueFixture q;
  for (uid_t owner : {kStranger, kStranger, kStranger + 1}) {
    const auto id = new_queue_id();
    std::filesystem::create_directories(q.in(kNew, id) + "/x");
    ASSERT_EQ(::lchown(q.in(kNew, id).c_str(), owner, static_cast<gid_t>(-1)), 0);
  }
  EXPECT_TRUE(q.queue.adopt(10)->empty());
  EXPECT_EQ(q.log.count("uid=12345 "), 1u);
  EXPECT_EQ(q.log.count("uid=12346 "), 1u);
}

}  // namespace
}  // namespace mailchute::queue
