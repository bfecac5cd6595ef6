// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/folders.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "fixture.h"

namespace mailchute::queue {
namespace {

struct Place {
  TemporaryFolder folder;
  LogLines log;
  Result<Folders> open() { return open_folders(folder.path(), log); }
  std::string complaint() {
    auto folders = open();
    if (folders) return "";
    EXPECT_EQ(folders.error().kind, Error::Kind::config) << folders.error().text;
    return folders.error().text;
  }
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status.st_mode & 07777;
}

TEST(Folders, AreMadeUnderAnyUmask) {
  Place place;
  const mode_t before = ::umask(0777);
  const auto folders = place.open();
  ::umask(before);
  ASSERT_TRUE(folders) << folders.error().text;
  for (const char* name : {kTmp, kNew}) EXPECT_EQ(mode_of(place.folder / name), kDropFolderMode);
  for (const char* name : {kCur, kHeld, kFailed, kWork, kInfo}) {
    EXPECT_EQ(mode_of(place.folder / name), kPrivateFolderMode);
  }
}

TEST(Lock, KeepsASecondDaemonOut) {
  Place place;
  const std::string& queue = place.folder.path();
  {
    const auto first = lock(queue, Seconds(60));
    ASSERT_TRUE(first) << first.error().text;
    const auto second = lock(queue, Seconds(60));  // the holder lives: there is nothing to wait for
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Error::Kind::unavailable);
    EXPECT_EQ(second.error().text, "queue " + queue + " is in use by another mailchuted (pid " +
                                       std::to_string(::getpid()) + ")");
  }
  EXPECT_TRUE(lock(queue, Seconds(0)));
  EXPECT_EQ(mode_of(place.folder / kLock), 0600u);
}

// The holder dies at once; its child keeps the lock until `end` is closed.
pid_t dead_holder(const std::string& queue, sys::UniqueFd& end) {
  int ends[2];
  if (::pipe(ends) != 0) abort();
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto held = lock(queue, Seconds(0));
    ::close(ends[1]);
    char octet;
    if (::fork() == 0) ::_exit(static_cast<int>(::read(ends[0], &octet, 1)));
    ::_exit(held ? 0 : 1);
  }
  int status = -1;
  ::waitpid(holder, &status, 0);
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
  end.reset(ends[1]);
  return holder;
}

TEST(Lock, WaitsForTheChildrenOfAHolderThatHasDied) {
  Place place;
  const std::string& queue = place.folder.path();
  sys::UniqueFd end;
  const pid_t holder = dead_holder(queue, end);
  const auto impatient = lock(queue, Seconds(0));
  ASSERT_FALSE(impatient);
  EXPECT_NE(impatient.error().text.find("(pid " + std::to_string(holder) + ")"), std::string::npos);
  end.reset();
  const auto patient = lock(queue, Seconds(60));
  EXPECT_TRUE(patient) << patient.error().text;
}

TEST(Folders, WrongModesAreNamedWithTheCommandThatMends) {
  Place place;
  ASSERT_TRUE(place.open());
  for (const char* name : {kTmp, kNew}) {
    for (const mode_t mode : {0777u, 01777u, 03777u, 0733u, 01733u}) {
      ::chmod((place.folder / name).c_str(), mode);
      const auto path = place.folder / name;
      EXPECT_EQ(place.complaint(), path +
                                       " has a wrong mode: install -d -o mailchute -g mailchute"
                                       " -m 3733 " +
                                       path);
    }
    ::chmod((place.folder / name).c_str(), kDropFolderMode);
  }
  ::chmod((place.folder / kCur).c_str(), 0755);
  EXPECT_NE(place.complaint().find("-m 0700"), std::string::npos);
  ::chmod((place.folder / kCur).c_str(), 0700);
  ::chmod(place.folder.path().c_str(), 0775);
  EXPECT_NE(place.complaint().find("chmod go-w"), std::string::npos);
}

TEST(Folders, MissingQueueIsNamedWithTheCommandThatMakesIt) {
  LogLines log;
  const auto folders = open_folders("/nonexistent/queue", log);
  ASSERT_FALSE(folders);
  EXPECT_EQ(folders.error().kind, Error::Kind::config);
  EXPECT_NE(folders.error().text.find("install -d"), std::string::npos);
}

TEST(Folders, NothingElseMayStandInTheirPlace) {
  Place place;
  write_file(place.folder / kTmp, "");
  EXPECT_NE(place.complaint(), "");
  std::filesystem::remove(place.folder / kTmp);
  std::filesystem::create_directory_symlink("/tmp", place.folder / kTmp);
  EXPECT_NE(place.complaint(), "");
}

TEST(Folders, OtherPeoplesAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make other people's folders";
  Place place;
  ASSERT_TRUE(place.open());
  for (const char* name : {kNew, kCur}) {
    ASSERT_EQ(::chown((place.folder / name).c_str(), kStranger, 0), 0);
    EXPECT_NE(place.complaint().find("belongs to somebody else (uid 12345)"), std::string::npos);
    ASSERT_EQ(::chown((place.folder / name).c_str(), 0, 0), 0);
  }
  ASSERT_EQ(::chown((place.folder / kNew).c_str(), 0, kStranger), 0);
  ::chmod((place.folder / kNew).c_str(), kDropFolderMode);
  EXPECT_NE(place.complaint().find("different groups"), std::string::npos);
}

TEST(Folders, HardLinksMustBeProtected) {
  Place place;
  const auto setting = place.folder / "protected_hardlinks";
  write_file(setting, "0\n");
  const auto refused = open_folders(place.folder.path(), place.log, true, setting);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::config);
  EXPECT_NE(refused.error().text.find("sysctl -w"), std::string::npos);
  write_file(setting, "1\n");
  EXPECT_TRUE(open_folders(place.folder.path(), place.log, true, setting));
  EXPECT_TRUE(place.log.lines.empty());
  EXPECT_TRUE(open_folders(place.folder.path(), place.log, true, place.folder / "none"));
  EXPECT_EQ(place.log.count("unchecked"), 1u);
}

TEST(Folders, OldDraftsGoAndYoungOnesStay) {
  Place place;
  const auto folders = place.open();
  ASSERT_TRUE(folders);
  write_file(place.folder / "tmp/a", "");
  std::filesystem::create_directory(place.folder / "tmp/b");
  const auto now = std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
  remove_old_drafts(*folders, Seconds(60), now);
  EXPECT_EQ(count_names(place.folder / kTmp), 2u);
  remove_old_drafts(*folders, Seconds(60), now + Seconds(120));
  EXPECT_EQ(count_names(place.folder / kTmp), 0u);
}

TEST(Folders, GrownFoldersAreReplacedWhenEmpty) {
  Place place;
  auto folders = place.open();
  ASSERT_TRUE(folders);
  EXPECT_FALSE(replace_grown(*folders, place.log)) << "not grown";
  write_file(place.folder / "new/a", "");
  EXPECT_FALSE(replace_grown(*folders, place.log, -1)) << "not empty";
  std::filesystem::remove(place.folder / "new/a");
  struct stat old {};
  struct stat fresh {};
  ::stat((place.folder / kNew).c_str(), &old);
  EXPECT_TRUE(replace_grown(*folders, place.log, -1));
  ::stat((place.folder / kNew).c_str(), &fresh);
  EXPECT_NE(old.st_ino, fresh.st_ino);
  EXPECT_EQ(fresh.st_mode & 07777, kDropFolderMode);
  EXPECT_EQ(fresh.st_gid, old.st_gid);
  EXPECT_FALSE(std::filesystem::exists(place.folder / "new.fresh"));
  EXPECT_TRUE(place.open()) << "as good as the old one";
}

TEST(Folders, WhatACrashLeftInAReplacedFolderIsMovedOn) {
  Place place;
  ASSERT_TRUE(place.open());
  std::filesystem::create_directory(place.folder / "new.fresh");
  write_file(place.folder / "new.fresh/a", "x");
  ASSERT_TRUE(place.open());
  EXPECT_EQ(file_content(place.folder / "new/a"), "x");
  EXPECT_FALSE(std::filesystem::exists(place.folder / "new.fresh"));
}

TEST(Folders, AClosedDropDirectoryIsPrivateAndOpensAgain) {
  TemporaryFolder folder;
  LogLines log;
  const auto mode = [&](const char* name) {
    struct stat status {};
    EXPECT_EQ(::stat((folder / name).c_str(), &status), 0);
    return status.st_mode & 07777;
  };
  for (const bool open : {false, true, false}) {
    for (int again = 0; again < 2; ++again) {
      const auto folders = open_folders(folder.path(), log, open);
      ASSERT_TRUE(folders) << folders.error().text;
      EXPECT_EQ(mode("tmp"), open ? kDropFolderMode : kPrivateFolderMode);
      EXPECT_EQ(mode("new"), open ? kDropFolderMode : kPrivateFolderMode);
    }
  }
  ::chmod((folder / "new").c_str(), 0755);
  EXPECT_FALSE(open_folders(folder.path(), log, false)) << "that was nobody's setting";
}

}  // namespace
}  // namespace mailchute::queue
