// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/dead_letters.h"

#include <gtest/gtest.h>

#include "fixture.h"
#include "sys/directory.h"
#include "sys/clock.h"

namespace mailchute::queue {
namespace {

constexpr std::chrono::hours kDay{24};

struct Graveyard {
  TemporaryFolder folder;
  LogLines log;
  Folders folders = open_folders(folder.path(), log).value();

  // Each came after the one before.
  std::string bury(std::size_t octets) {
    const std::string id = new_queue_id();
    const std::string head = entry_octets(envelope_to({"ops@example.org"}), kMessage);
    const std::string message = kMessage + std::string(octets - head.size(), 'x');
    const std::string path = folder / "failed" + "/" + id;
    do write_file(path, entry_octets(envelope_to({"ops@example.org"}), message));
    while (!ids_.empty() && changed(path) <= changed(folder / "failed" + "/" + ids_.back()));
    ids_.push_back(id);
    return id;
  }
  bool has(const std::string& id) const { return sys::exists(folders.failed.get(), id); }

 private:
  static std::int64_t changed(const std::string& path) {
    struct stat status {};
    ::stat(path.c_str(), &status);
    return status.st_ctim.tv_sec * 1000 + status.st_ctim.tv_nsec / 1'000'000;
  }
  std::vector<std::string> ids_;
};

TEST(DeadLetters, GoWhenTheyAreTooOld) {
  Graveyard yard;
  const auto id = yard.bury(1000);
  DeadLetters letters({30 * kDay, {}});
  letters.keep_up(yard.folders, sys::now() + 29 * kDay, yard.log);
  EXPECT_TRUE(yard.has(id));
  letters.keep_up(yard.folders, sys::now() + 31 * kDay, yard.log);
  EXPECT_FALSE(yard.has(id));
  ASSERT_EQ(yard.log.lines.size(), 1u);
  EXPECT_EQ(yard.log.lines[0], "3 dead-letter-removed id=" + id +
                                   " from=<sender@example.org> to=<ops@example.org> recipients=1 "
                                   "reason=\"older than dead_letters.lifetime\"");
}

TEST(DeadLetters, TheOldestGoWhereThereAreTooMany) {
  Graveyard yard;
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(yard.bury(1000));
  DeadLetters letters({30 * kDay, 5000});
  letters.keep_up(yard.folders, sys::now(), yard.log);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(yard.has(ids[i]), i >= 6) << i;
  EXPECT_EQ(yard.log.count("over dead_letters.size"), 6u);
}

TEST(DeadLetters, OneTooManyIsNoticedWhenItComes) {
  Graveyard yard;
  DeadLetters letters({30 * kDay, 2500});
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(yard.bury(1000));
    letters.add(yard.folders, ids.back(), sys::now(), yard.log);
  }
  EXPECT_FALSE(yard.has(ids[0]));
  EXPECT_TRUE(yard.has(ids[1]) && yard.has(ids[2]));
}

TEST(DeadLetters, TheLastThatCameStaysHoweverLarge) {
  Graveyard yard;
  const auto before = yard.bury(1000);
  const auto large = yard.bury(9000);
  DeadLetters({30 * kDay, 5000}).keep_up(yard.folders, sys::now(), yard.log);
  EXPECT_FALSE(yard.has(before));
  EXPECT_TRUE(yard.has(large));
}

TEST(DeadLetters, WhatIsNoEntryIsLeftAlone) {
  Graveyard yard;
  write_file(yard.folder / "failed" + "/notes", "of an administrator");
  write_file(yard.folder / "failed" + "/" + new_queue_id(), "damaged");
  DeadLetters({30 * kDay, {}}).keep_up(yard.folders, sys::now() + 31 * kDay, yard.log);
  EXPECT_TRUE(yard.has("notes"));
  EXPECT_EQ(yard.log.count("from=<> to=<> recipients=0"), 1u);
}

}  // namespace
}  // namespace mailchute::queue
