// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/folder_watch.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace mailchute::sys {
namespace {

using support::TemporaryFolder;
using support::write_file;

struct Watched {
  TemporaryFolder parent;
  std::string path = parent / "new";
  FolderWatch watch = [this] {
    std::filesystem::create_directory(path);
    return std::move(*FolderWatch::open(path));
  }();
};

TEST(FolderWatch, SaysNothingWhereNothingHappens) {
  Watched watched;
  EXPECT_FALSE(*watched.watch.drain());
}

TEST(FolderWatch, TellsOfNamesMovedIn) {
  Watched watched;
  write_file(watched.parent / "a", "");
  write_file(watched.parent / "b", "");
  std::filesystem::rename(watched.parent / "a", watched.path + "/a");
  std::filesystem::rename(watched.parent / "b", watched.path + "/b");
  EXPECT_TRUE(*watched.watch.drain());
  EXPECT_FALSE(*watched.watch.drain()) << "all were taken at once";
}

TEST(FolderWatch, IsWokenByNamesThatLeaveOnlyWhereThatIsWanted) {
  Watched watched;
  FolderWatch both = std::move(*FolderWatch::open(watched.path, true));
  for (const char* name : {"/a", "/b"}) write_file(watched.path + name, "");
  EXPECT_TRUE(*watched.watch.drain() && *both.drain());
  std::filesystem::rename(watched.path + "/a", watched.parent / "a");
  EXPECT_TRUE(*both.drain());
  std::filesystem::remove(watched.path + "/b");
  EXPECT_TRUE(*both.drain());
  EXPECT_FALSE(*watched.watch.drain());
}

TEST(FolderWatch, GoesOnWithTheFolderThatTookThePlace) {
  Watched watched;
  std::filesystem::create_directory(watched.parent / "fresh");
  std::filesystem::rename(watched.path, watched.parent / "old");
  std::filesystem::rename(watched.parent / "fresh", watched.path);
  std::filesystem::remove(watched.parent / "old");
  EXPECT_TRUE(*watched.watch.drain()) << "something may be in the fresh one";
  while (*watched.watch.drain()) {
  }
  write_file(watched.path + "/a", "");
  EXPECT_TRUE(*watched.watch.drain());
}

TEST(FolderWatch, MissingFolderIsAnError) {
  Watched watched;
  EXPECT_FALSE(FolderWatch::open(watched.parent / "none"));
  std::filesystem::remove(watched.path);
  EXPECT_FALSE(watched.watch.drain());
}

}  // namespace
}  // namespace mailchute::sys
