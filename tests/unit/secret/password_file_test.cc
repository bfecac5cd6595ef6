// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "secret/secret.h"

namespace mailchute::secret {
namespace {

constexpr char kGroup[] = "mailchute-test";  // that no machine has
constexpr uid_t kNobody = 65534;

class PasswordFile : public testing::Test {
 protected:
  PasswordFile() {
    char name[] = "/tmp/password_test.XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ + "/password";
  }
  ~PasswordFile() override { std::filesystem::remove_all(folder_); }

  void write(std::string_view content, mode_t mode = 0600) {
    std::ofstream(path_, std::ios::trunc) << content;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }

  // The password, or what is wrong without the file's name.
  std::string read(const std::string& group = kGroup) {
    const auto secret = read_password_file(path_, group);
    if (secret) return std::string(secret->reveal());
    EXPECT_EQ(secret.error().kind, Error::Kind::config);
    EXPECT_TRUE(secret.error().text.starts_with(path_ + ": password file ")) << secret.error().text;
    return secret.error().text.substr(path_.size() + 16);
  }

  // How a file that is open to the wrong people is closed.
  std::string closing() const {
    if (::geteuid() != 0) return "; chmod 600 " + path_;
    return "; " + opening();
  }
  std::string opening() const {
    return "chown root:" + std::string(kGroup) + " " + path_ + "; chmod 640 " + path_;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(PasswordFile, TheFirstLineIsThePassword) {
  const std::pair<std::string, std::string> cases[] = {
      {"secret", "secret"},     {"secret\n", "secret"},
      {"secret\r\n", "secret"}, {" a b \n", " a b "},
      {"one\ntwo\n", "one"},    {"a\rb\n", "a\rb"},
      {"\xc3\xa9", "\xc3\xa9"}, {std::string(4096, 'x') + "\r\n", std::string(4096, 'x')},
  };
  for (const auto& [content, password] : cases) {
    write(content);
    EXPECT_EQ(read(), password);
  }
}

TEST_F(PasswordFile, WhatCannotBeAPasswordIsAMistake) {
  const std::string mend = "; write the password, and nothing else, on its first line";
  const std::pair<std::string, std::string> cases[] = {
      {"", "has no password on its first line"},
      {"\nsecret\n", "has no password on its first line"},
      {"\r\n", "has no password on its first line"},
      {std::string("a\0b\n", 4), "has a NUL octet in it"},
      {std::string(4097, 'x'), "has a line of more than 4096 octets"},
      {std::string(100000, 'x'), "has a line of more than 4096 octets"},
  };
  for (const auto& [content, complaint] : cases) {
    write(content);
    EXPECT_EQ(read(), complaint + mend);
  }
}

TEST_F(PasswordFile, MustBeClosedToOthers) {
  for (const mode_t mode : {0604, 0644, 0602, 0601, 0666}) {
    write("secret", mode);
    EXPECT_EQ(read(), "is open to every user" + closing());
  }
}

TEST_F(PasswordFile, TheProcessesOwnGroupMayReadIt) {
  write("secret", 0640);
  ASSERT_EQ(::chown(path_.c_str(), static_cast<uid_t>(-1), ::getegid()), 0);
  EXPECT_EQ(read(), "secret");
}

TEST_F(PasswordFile, NoOtherGroupMay) {
  write("secret", 0640);
  if (::chown(path_.c_str(), static_cast<uid_t>(-1), 12345) != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(read(), "is open to group 12345" + closing());
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_EQ(read(), "secret");
}

TEST_F(PasswordFile, TheNamedGroupMay) {
  write("secret", 0640);
  if (::chown(path_.c_str(), static_cast<uid_t>(-1), 1) != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(read("daemon"), "secret");
}

TEST_F(PasswordFile, MustBelongToRootOrTheProcess) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  write("secret");
  ASSERT_EQ(::chown(path_.c_str(), kNobody, static_cast<gid_t>(-1)), 0);
  EXPECT_EQ(read(), "belongs to uid 65534, who can change it; " + opening());
  EXPECT_TRUE(read_password_file(path_, kGroup, "nobody")) << "the daemon's user may";
}

TEST_F(PasswordFile, AMissingOneSaysHowToCreateIt) {
  EXPECT_EQ(read(),
            "cannot be opened: No such file or directory; create it: install -m 640 -o "
            "root -g mailchute-test /dev/null " +
                path_ + ", then write the password there with an editor");
}

TEST_F(PasswordFile, AnUnreadableOneSaysHowToOpenIt) {
  write("secret", 0000);
  const bool root = ::geteuid() == 0;  // who could read it all the same
  ASSERT_EQ(root ? ::seteuid(kNobody) : 0, 0);
  EXPECT_EQ(read(), "cannot be opened: Permission denied; " + opening());
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
}

TEST_F(PasswordFile, AFolderOrAFifoIsNone) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(read(), "is not a regular file" + closing());
  ASSERT_EQ(::unlink(path_.c_str()), 0);
  ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
  EXPECT_EQ(read(), "is not a regular file" + closing());
}

TEST_F(PasswordFile, ALinkToAClosedFileWillDo) {
  write("secret");
  std::filesystem::create_symlink(path_, folder_ + "/link");
  EXPECT_EQ(read_password_file(folder_ + "/link", kGroup)->reveal(), "secret");
}

}  // namespace
}  // namespace mailchute::secret
