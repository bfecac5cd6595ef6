// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/alias_watch.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temporary_folder.h"

namespace mailchute::mailchuted {
namespace {

std::map<std::string, sys::FileStamp> stamps_of(const std::vector<std::string>& paths) {
  std::map<std::string, sys::FileStamp> files;
  for (const std::string& path : paths) files.emplace(path, sys::stamp_of(path));
  return files;
}

TEST(AliasWatch, NoticesEachChangeOnce) {
  const support::TemporaryFolder folder;
  const std::string file = folder / "aliases";
  support::write_file(file, "root: ann\n");
  AliasWatch watch(stamps_of({file}));
  EXPECT_EQ(watch.fds().size(), 1u);
  EXPECT_FALSE(watch.changed());
  support::write_file(file, "root: bob@example.net\n");
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
  support::write_file(folder / "draft", "root: carl@example.net\n");
  EXPECT_FALSE(watch.changed()) << "nobody reads that";
  std::filesystem::rename(folder / "draft", file);
  EXPECT_TRUE(watch.changed());
  std::filesystem::remove(file);
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
}

TEST(AliasWatch, NoticesWhatWasChangedBeforeItBegan) {
  const support::TemporaryFolder folder;
  const std::string file = folder / "aliases";
  const auto before = stamps_of({file});
  support::write_file(file, "root: ann\n");
  AliasWatch watch(before);
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
}

TEST(AliasWatch, WatchesEachFolderOnceAndAFewOfThem) {
  const support::TemporaryFolder folder;
  EXPECT_EQ(AliasWatch(stamps_of({folder / "a", folder / "b", "/none/c"})).fds().size(), 1u);
  std::vector<std::string> files;
  for (int i = 0; i < 40; ++i) {
    std::filesystem::create_directory(folder / std::to_string(i));
    files.push_back(folder / (std::to_string(i) + "/list"));
  }
  EXPECT_EQ(AliasWatch(stamps_of(files)).fds().size(), 16u);
  EXPECT_TRUE(AliasWatch().fds().empty());
}

}  // namespace
}  // namespace mailchute::mailchuted
