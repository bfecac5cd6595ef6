// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>

#include "support/temporary_folder.h"

namespace mailchute::sys {
namespace {

using support::file_content;
using support::TemporaryFolder;
using support::write_file;

TEST(File, OpenSaysWhatIsMissing) {
  TemporaryFolder folder;
  const auto file = open_at(AT_FDCWD, folder / "none", O_RDONLY);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().text, "open " + (folder / "none") + ": No such file or directory");
}

TEST(File, CreatingSaysCreate) {
  TemporaryFolder folder;
  const auto file = open_at(AT_FDCWD, folder / "none/x", O_WRONLY | O_CREAT, 0600);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().text.substr(0, 7), "create ");
}

TEST(File, DescriptorsDoNotSurviveExec) {
  const auto file = open_at(AT_FDCWD, "/dev/null", O_RDONLY);
  ASSERT_TRUE(file);
  EXPECT_EQ(::fcntl(file->get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(File, WritesAndReadsBack) {
  TemporaryFolder folder;
  const auto file = open_at(AT_FDCWD, folder / "a", O_RDWR | O_CREAT, 0600);
  ASSERT_TRUE(file);
  ASSERT_TRUE(write_all(file->get(), "hello world", "a"));
  ASSERT_TRUE(write_all_at(file->get(), "W", 6, "a"));
  ASSERT_TRUE(sync(file->get(), "a"));
  ASSERT_TRUE(sync_data(file->get(), "a"));
  EXPECT_EQ(status_of(file->get(), "a")->st_size, 11);
  std::array<char, 5> piece{};
  EXPECT_EQ(*read_some_at(file->get(), piece, 6, "a"), 5u);
  EXPECT_EQ(std::string(piece.data(), piece.size()), "World");
  EXPECT_EQ(*read_some(file->get(), piece, "a"), 0u) << "the end";
}

TEST(File, FullDeviceIsTemporary) {
  const auto full = open_at(AT_FDCWD, "/dev/full", O_WRONLY);
  if (!full) GTEST_SKIP() << "no /dev/full here";
  const auto written = write_all(full->get(), "x", "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Error::Kind::temporary);
}

TEST(File, WrongDescriptorsAreErrors) {
  std::array<char, 1> piece{};
  EXPECT_FALSE(read_some(-1, piece, "x"));
  EXPECT_FALSE(read_some_at(-1, piece, 0, "x"));
  EXPECT_FALSE(write_all_at(-1, "x", 0, "x"));
  EXPECT_FALSE(sync(-1, "x"));
  EXPECT_FALSE(sync_data(-1, "x"));
  EXPECT_FALSE(status_of(-1, "x"));
}

TEST(File, ReadFileKeepsToItsLimit) {
  TemporaryFolder folder;
  const std::string content(10000, 'x');
  write_file(folder / "a", content);
  EXPECT_EQ(*read_file(AT_FDCWD, folder / "a", 10000), content);
  const auto too_long = read_file(AT_FDCWD, folder / "a", 9999);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().kind, Error::Kind::data);
}

TEST(File, ReplaceFileWorksUnderAnyUmaskAndOverLeftovers) {
  TemporaryFolder folder;
  write_file(folder / "a.new", "a leftover, and longer than what comes");
  const mode_t before = ::umask(0777);
  const auto replaced = replace_file(AT_FDCWD, folder / "a", "content", 0640, true);
  ::umask(before);
  ASSERT_TRUE(replaced) << replaced.error().text;
  EXPECT_EQ(file_content(folder / "a"), "content");
  const auto file = open_at(AT_FDCWD, folder / "a", O_RDONLY);
  EXPECT_EQ(status_of(file->get(), "a")->st_mode & 07777, 0640u);
  EXPECT_EQ(support::count_names(folder.path()), 1u);
}

TEST(File, ReplaceFileThatFailsLeavesTheOldOne) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "a");
  EXPECT_FALSE(replace_file(AT_FDCWD, folder / "a", "content", 0640, false));
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a"));
  EXPECT_EQ(support::count_names(folder.path()), 1u);
}

TEST(SyncTogether, TellsOfEachHowItWent) {
  char name[] = "/tmp/file_test.XXXXXX";
  const UniqueFd file(::mkstemp(name));
  ::unlink(name);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reading(ends[0]), writing(ends[1]);
  std::vector<int> fds(40, file.get());
  fds[0] = -1;
  fds[7] = writing.get();
  std::vector<int> expected(40, 0);
  expected[0] = EBADF;
  expected[7] = EINVAL;
  EXPECT_EQ(sync_together(fds), expected);
  EXPECT_TRUE(sync_together({}).empty());
}

}  // namespace
}  // namespace mailchute::sys
