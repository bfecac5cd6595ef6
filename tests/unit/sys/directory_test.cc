// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>

#include "support/temporary_folder.h"

namespace mailchute::sys {
namespace {

using support::TemporaryFolder;
using support::write_file;

struct Opened {
  TemporaryFolder folder;
  UniqueFd fd = std::move(*open_directory(AT_FDCWD, folder.path()));
};

TEST(Directory, ListsNames) {
  Opened opened;
  write_file(opened.folder / "b", "");
  write_file(opened.folder / ".a", "");
  auto names = *names_in(opened.fd.get(), ".");
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{".a", "b"}));
}

TEST(Directory, StreamSeesNewNamesAfterRewind) {
  Opened opened;
  auto names = *NameStream::open(opened.fd.get(), ".");
  EXPECT_EQ(names.next(), "");
  write_file(opened.folder / "a", "");
  names.rewind();
  EXPECT_EQ(names.next(), "a");
  EXPECT_EQ(names.next(), "");
}

TEST(Directory, SymbolicLinkIsNoDirectory) {
  Opened opened;
  ASSERT_EQ(::symlink(".", (opened.folder / "link").c_str()), 0);
  EXPECT_FALSE(open_directory(opened.fd.get(), "link"));
  EXPECT_FALSE(names_in(opened.fd.get(), "link"));
}

TEST(Directory, OpensOnlyWhatIsBeneath) {
  Opened opened;
  const int fd = opened.fd.get();
  write_file(opened.folder / "a", "x");
  ASSERT_EQ(::symlink("a", (opened.folder / "link").c_str()), 0);
  EXPECT_TRUE(open_beneath(fd, "a", O_RDONLY));
  EXPECT_EQ(open_beneath(fd, "link", O_RDONLY).error(), ELOOP);
  EXPECT_EQ(open_beneath(fd, "../a", O_RDONLY).error(), EXDEV);
  EXPECT_EQ(open_beneath(fd, "/etc/passwd", O_RDONLY).error(), EXDEV);
  EXPECT_EQ(open_beneath(fd, "none", O_RDONLY).error(), ENOENT);
}

TEST(Directory, OpeningAFifoOrASocketDoesNotBlock) {
  Opened opened;
  ASSERT_EQ(::mkfifo((opened.folder / "fifo").c_str(), 0600), 0);
  EXPECT_TRUE(open_beneath(opened.fd.get(), "fifo", O_RDONLY));
  sockaddr_un address{AF_UNIX, {}};
  (opened.folder / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(open_beneath(opened.fd.get(), "socket", O_RDONLY).error(), ENXIO);
}

TEST(Directory, RenamesToAFreeNameOnly) {
  Opened opened;
  const int fd = opened.fd.get();
  write_file(opened.folder / "a", "a");
  write_file(opened.folder / "b", "b");
  EXPECT_EQ(rename_to_free_name(fd, "a", fd, "b"), EEXIST);
  EXPECT_EQ(rename_to_free_name(fd, "none", fd, "c"), ENOENT);
  EXPECT_EQ(rename_to_free_name(fd, "a", fd, "c"), 0);
  EXPECT_EQ(exchange_names(fd, "b", "c"), 0);
  EXPECT_EQ(support::file_content(opened.folder / "b"), "a");
}

TEST(Directory, RemovesFilesLinksAndEmptyFolders) {
  Opened opened;
  const int fd = opened.fd.get();
  write_file(opened.folder / "file", "");
  ASSERT_EQ(::symlink("nowhere", (opened.folder / "link").c_str()), 0);
  std::filesystem::create_directory(opened.folder / "empty");
  std::filesystem::create_directories(opened.folder / "full/x");
  EXPECT_EQ(remove_name(fd, "file"), 0);
  EXPECT_EQ(remove_name(fd, "link"), 0);
  EXPECT_EQ(remove_name(fd, "empty"), 0);
  EXPECT_EQ(remove_name(fd, "full"), ENOTEMPTY);
  EXPECT_EQ(remove_name(fd, "none"), ENOENT);
}

TEST(Directory, SaysWhatExistsWhateverItIs) {
  Opened opened;
  EXPECT_FALSE(exists(opened.fd.get(), "name"));
  ASSERT_EQ(::symlink("nowhere", (opened.folder / "name").c_str()), 0);
  EXPECT_TRUE(exists(opened.fd.get(), "name"));
}

}  // namespace
}  // namespace mailchute::sys
