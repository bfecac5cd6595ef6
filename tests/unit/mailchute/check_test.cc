// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/check.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace mailchute {
namespace {

using Lines = std::vector<std::string>;

// A machine as it should be, in a folder of its own and for the user "daemon", whom every machine
// has; what belongs to the user that runs the tests is fine as well, unless that is root.
class Check : public testing::Test {
 protected:
  Check() {
    char name[] = "/tmp/check_test.XXXXXX";
    top_ = ::mkdtemp(name);
    queue_ = top_ + "/queue";
    password_ = top_ + "/password";
    write(password_, "secret\n");
    set_mode(password_, 0600);
    make(queue_, 0755);
    for (const char* const folder : {"/tmp", "/new"}) make(queue_ + folder, 03733);
    for (const char* const folder : {"/cur", "/held", "/failed", "/work", "/info"})
      make(queue_ + folder, 0700);
    give(password_);
    configure("host = \"mail.example.org\"; user = \"me\"; password_file = \"" + password_ + "\";");
  }
  ~Check() override { std::filesystem::remove_all(top_); }

  void configure(const std::string& smart_host, const std::string& more = {}) {
    write(file(), "queue_directory = \"" + queue_ + "\"; user = \"daemon\"; group = \"daemon\";\n" +
                      "smart_host = { " + smart_host + " }; hostname = \"" + hostname_ + "\"; " +
                      "aliases = \"" + top_ + "/aliases\";\n" + more);
  }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
  }
  static void set_mode(const std::string& path, mode_t mode) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  // To the daemon, when the tests run as root.
  static void give(const std::string& path) {
    if (::geteuid() != 0) return;
    const bool folder = std::filesystem::is_directory(path);
    ASSERT_EQ(::chown(path.c_str(), folder ? 1 : 0, 1), 0);
    if (!folder) set_mode(path, 0640);
  }
  static void make(const std::string& path, mode_t mode) {
    ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
    give(path);
    set_mode(path, mode);
  }
  std::string file() const { return top_ + "/mailchute.conf"; }
  Lines mistakes() const { return examine(file()).mistakes; }

  std::string hostname_ = "web1.example.org";
  std::string top_, queue_, password_;
};

TEST_F(Check, FindsNothingWhereAllIsWell) {
  const Findings findings = examine(file());
  EXPECT_EQ(findings.mistakes, Lines{});
  EXPECT_EQ(findings.notes, Lines{});
  EXPECT_EQ(findings.summary, "mail goes to mail.example.org port 587 with STARTTLS, as me");
  testing::internal::CaptureStdout();
  EXPECT_EQ(check(file()), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), file() + ": ok: " + findings.summary + "\n");
}

TEST_F(Check, PrintsEachMistakeAsALineAndExits78) {
  configure("host = \"h\"; port = 0;", "foo = 1;\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(check(file()), 78);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            file() + ":2: smart_host.port wants a number from 1 to 65535; write port = 587;\n" +
                file() +
                ":3: unknown setting 'foo'; leave it out (mailchute.conf(5) has them "
                "all)\n");
}

TEST_F(Check, SaysHowMailGoes) {
  configure("host = \"h\"; tls = \"implicit\";");
  EXPECT_EQ(examine(file()).summary, "mail goes to h port 465 with TLS, without authentication");
  configure("host = \"h\"; tls = \"none\"; port = 25;");
  EXPECT_EQ(examine(file()).summary, "mail goes to h port 25 without TLS, without authentication");
  configure("host = \"h\"; verify_certificate = false;");
  EXPECT_EQ(examine(file()).summary,
            "mail goes to h port 587 with STARTTLS, unverified, without authentication");
}

TEST_F(Check, FindsMistakesOfThePasswordFile) {
  set_mode(password_, 0644);
  ASSERT_EQ(mistakes().size(), 1u);
  EXPECT_TRUE(mistakes()[0].starts_with(password_ + ": password file is open to every user; "));
  std::filesystem::remove(password_);
  ASSERT_EQ(mistakes().size(), 1u);
  EXPECT_TRUE(mistakes()[0].starts_with(password_ + ": password file cannot be opened: "));
}

TEST_F(Check, APasswordFileOnlyRootCanReadIsAMistake) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  set_mode(password_, 0600);
  EXPECT_EQ(mistakes(), Lines{password_ +
                              ": closed to user daemon; chown "
                              "root:daemon " +
                              password_ + "; chmod 640 " + password_});
}

TEST_F(Check, FindsFoldersWithAWrongMode) {
  set_mode(queue_ + "/new", 01777);
  set_mode(queue_ + "/cur", 0755);
  EXPECT_EQ(mistakes(),
            (Lines{queue_ +
                       "/new: has mode 1777 instead of 3733; install -d -m 3733 -o daemon -g "
                       "daemon " +
                       queue_ + "/new",
                   queue_ +
                       "/cur: has mode 0755 instead of 0700; install -d -m 0700 -o daemon -g "
                       "daemon " +
                       queue_ + "/cur"}));
}

TEST_F(Check, FindsFoldersOfSomebodyElse) {
  if (::chown((queue_ + "/tmp").c_str(), 4711, static_cast<gid_t>(-1)) != 0)
    GTEST_SKIP() << "needs root";
  EXPECT_EQ(mistakes(), Lines{queue_ +
                              "/tmp: belongs to uid 4711, not to daemon; install -d -m "
                              "3733 -o daemon -g daemon " +
                              queue_ + "/tmp"});
}

TEST_F(Check, TheQueueMustBeThereButTheDaemonMakesItsFolders) {
  std::filesystem::remove(queue_ + "/info");
  EXPECT_EQ(mistakes(), Lines{});
  std::filesystem::remove_all(queue_);
  EXPECT_EQ(mistakes(),
            Lines{queue_ + ": no queue; install -d -m 0755 -o daemon -g daemon " + queue_});
}

TEST_F(Check, TheQueueMayBeALinkButNoneOfItsFolders) {
  std::filesystem::rename(queue_, top_ + "/elsewhere");
  std::filesystem::create_directory_symlink(top_ + "/elsewhere", queue_);
  EXPECT_EQ(mistakes(), Lines{});
  std::filesystem::rename(queue_ + "/cur", top_ + "/cur");
  std::filesystem::create_directory_symlink(top_ + "/cur", queue_ + "/cur");
  EXPECT_EQ(mistakes(), Lines{queue_ +
                              "/cur: not a directory; install -d -m 0700 -o daemon -g "
                              "daemon " +
                              queue_ + "/cur"});
}

TEST_F(Check, RootsConfigurationMustBeOpenToUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  set_mode(file(), 0600);
  EXPECT_EQ(mistakes(),
            Lines{file() + ": closed to users, whose sendmail reads it; chmod 644 " + file()});
}

TEST_F(Check, AMissingUserIsAMistakeForRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  write(file(), "user = \"no-such-user\"; smart_host = { host = \"h\"; };");
  EXPECT_EQ(mistakes(), Lines{file() + ": this machine has no user no-such-user or no group "
                                       "mailchute; useradd --system --user-group --home-dir "
                                       "/nonexistent --shell /usr/sbin/nologin no-such-user"});
}

TEST_F(Check, ASenderNobodyCanReplyToIsWorthANote) {
  hostname_ = "web1";
  configure("host = \"mail.example.org\";");
  ASSERT_EQ(examine(file()).notes.size(), 1u);
  EXPECT_NE(examine(file()).notes[0].find("from root@web1, which"), std::string::npos);
  configure("host = \"mail.example.org\"; sender = \"alerts@example.org\";");
  EXPECT_EQ(examine(file()).notes, Lines{});
}

TEST_F(Check, AClosedDropDirectoryIsPrivate) {
  const std::string host = "host = \"mail.example.org\";";
  configure(host, "drop_directory = false;");
  EXPECT_EQ(examine(file()).mistakes, Lines{}) << "the daemon sees to it";
  EXPECT_EQ(examine(file()).notes.size(), 2u);
  for (const char* const folder : {"/tmp", "/new"}) set_mode(queue_ + folder, 0700);
  EXPECT_EQ(examine(file()).notes, Lines{});
  EXPECT_EQ(mistakes(), Lines{});
  configure(host);
  EXPECT_EQ(mistakes(), Lines{});
  EXPECT_EQ(examine(file()).notes.size(), 2u);
  set_mode(queue_ + "/new", 0755);
  ASSERT_EQ(mistakes().size(), 1u);
  EXPECT_NE(mistakes()[0].find("install -d -m 3733"), std::string::npos) << mistakes()[0];
}

TEST_F(Check, TheCommandOfTheAlarmMustBeSomethingThatTheDaemonCanRun) {
  configure("host = \"mail.example.org\";", "alarm = { command = \"/bin/sh\"; };\n");
  EXPECT_EQ(mistakes(), Lines{});
  configure("host = \"mail.example.org\";", "alarm = { command = \"" + top_ + "/page\"; };\n");
  ASSERT_EQ(mistakes().size(), 1u);
  EXPECT_TRUE(mistakes()[0].starts_with(file() + ": alarm.command: ")) << mistakes()[0];
}

TEST_F(Check, UsersThatAreNotThereAreWorthANote) {
  configure("host = \"h\";", "administrators = [ \"root\" ];\nstorms = { digests = [ \"nosuch\" ]; };\n");
  EXPECT_EQ(mistakes(), Lines{});
  EXPECT_EQ(examine(file()).notes, (Lines{file() + ": storms.digests: this machine has no user nosuch"}));
}

TEST_F(Check, NamesEachSmartHostAndThatRoutesDecide) {
  write(file(), "queue_directory = \"" + queue_ + "\"; user = \"daemon\"; group = \"daemon\"; aliases = \"\"; hostname = \"" + hostname_ +
                    "\";\nsmart_hosts = ( { host = \"h\"; }, { name = \"far\"; host = \"i\"; } );\n"
                    "routes = ( { recipient = [ \"*@x\" ]; smart_host = \"far\"; } );\n");
  EXPECT_EQ(examine(file()).mistakes, Lines{});
  EXPECT_EQ(examine(file()).summary,
            "mail goes to h port 587 with STARTTLS, without authentication; to far, i port 587 with STARTTLS, without "
            "authentication; mailchute explain ADDRESS says by which of them");
}

TEST_F(Check, WhatIsWrongForSeveralSmartHostsIsOneLine) {
  const std::string account = "user = \"me\"; password_file = \"" + top_ + "/none\"; ";
  write(file(), "queue_directory = \"" + queue_ + "\"; user = \"daemon\"; group = \"daemon\"; aliases = \"\"; hostname = \"box\";\n"
                    "smart_hosts = ( { host = \"h\"; " + account + "}, { host = \"i\"; " + account + "} );\n");
  EXPECT_EQ(examine(file()).mistakes.size(), 1u) << examine(file()).mistakes.back();
  EXPECT_EQ(examine(file()).notes.size(), 1u);
}

TEST_F(Check, AliasesThatAreWrongAreNamedAndKeepNobodyFromWorking) {
  write(top_ + "/aliases", "root: me@example.org\nprog: |prog\n");
  EXPECT_EQ(mistakes(), Lines{});
  const Lines notes = examine(file()).notes;
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_TRUE(notes[0].starts_with(top_ + "/aliases:2: '|prog'")) << notes[0];
}

TEST_F(Check, OneWayInMustBeOpen) {
  configure("host = \"mail.example.org\";", "drop_directory = false; submission_socket = false;");
  ASSERT_FALSE(mistakes().empty());
  EXPECT_NE(mistakes()[0].find("nobody could submit"), std::string::npos) << mistakes()[0];
}

}  // namespace
}  // namespace mailchute
