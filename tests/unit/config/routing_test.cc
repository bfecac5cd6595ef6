// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/routing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_folder.h"

namespace mailchute::config {
namespace {

using Lines = std::vector<std::string>;

struct RoutingTest : ::testing::Test {
  RoutingTest() {
    settings.hostname = "web1.example.org";
    settings.domain = "example.org";
    settings.aliases = folder / "aliases";
  }
  support::TemporaryFolder folder;
  Settings settings;
};

TEST_F(RoutingTest, IsWhatTheSettingsSay) {
  support::write_file(settings.aliases, "root: ann@example.net\n");
  settings.admin = "ops@example.com";
  const mail::Router router = read_routing(settings).router;
  EXPECT_EQ(router.route("root").addresses, Lines{"ann@example.net"});
  EXPECT_EQ(router.route("other@web1.example.org").addresses, Lines{"ops@example.com"});
  settings.admin.clear();
  settings.aliases.clear();
  EXPECT_EQ(read_routing(settings).router.route("root").addresses, Lines{"root@example.org"});
}

TEST_F(RoutingTest, KnowsEveryFileThatCouldChangeIt) {
  support::write_file(settings.aliases, "root: :include:" + (folder / "list") + "\n");
  const Routing routing = read_routing(settings);
  ASSERT_EQ(routing.files.size(), 2u);
  EXPECT_EQ(routing.files.at(settings.aliases), sys::stamp_of(settings.aliases));
  EXPECT_EQ(routing.files.at(folder / "list"), sys::FileStamp{}) << "it may come";
}

TEST_F(RoutingTest, WhatIsNoFileKeepsNobodyWaiting) {
  ASSERT_EQ(::mkfifo(settings.aliases.c_str(), 0600), 0);
  EXPECT_EQ(read_routing(settings).router.complaints(), Lines{settings.aliases + ": not a file"});
  settings.aliases = "/dev/zero";
  EXPECT_EQ(read_routing(settings).router.complaints(), Lines{"/dev/zero: not a file"});
  settings.aliases = folder / "none";
  EXPECT_EQ(read_routing(settings).router.complaints(), Lines{});
}

// Its owner could make it a link to a file that only mailchuted can read, such as the password's.
TEST_F(RoutingTest, WhatNotEverybodyCanReadIsNoList) {
  const std::string list = folder / "list";
  support::write_file(list, "secret@example.net\n");
  support::write_file(settings.aliases, "crew: :include:" + list + "\n");
  ::chmod(settings.aliases.c_str(), 0600);
  ::chmod(list.c_str(), 0640);
  const mail::Router router = read_routing(settings).router;
  const std::string complaint = settings.aliases + ":1: " + list + ": not readable by everybody, as a list has to be; chmod a+r it";
  EXPECT_EQ(router.complaints(), Lines{complaint});
  EXPECT_EQ(router.route("crew").end, mail::Route::End::unusable);
  ::chmod(list.c_str(), 0644);
  EXPECT_EQ(read_routing(settings).router.route("crew").addresses, Lines{"secret@example.net"});
}

}  // namespace
}  // namespace mailchute::config
