// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/routing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "config/explain.h"
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

TEST_F(RoutingTest, IsExplainedWithWhatTheSmartHostGets) {
  support::write_file(settings.aliases, "root: ann@example.net, bob@x\ngone: :fail: has\tleft\n");
  settings.smart_host.emplace();
  settings.smart_host->host = "mail.example.org";
  settings.smart_host->port = 587;
  const mail::Router router = read_routing(settings).router;
  const auto explained = [&](const std::string& address) {
    return text_of(explain(address, "me@web1.example.org", settings, router));
  };
  EXPECT_NE(explained("root").find("\n  sent to ann@example.net, bob@x\n"), std::string::npos);
  EXPECT_NE(explained("root").find("\n  from <me@example.org>, the smart host's sender for <me@web1.example.org>\n"),
            std::string::npos);
  EXPECT_TRUE(explained("gone").ends_with("\n  not sent, and the sender is told: has left\n")) << explained("gone");
  settings.smart_host.reset();
  EXPECT_NE(explained("root").find("\n  by way of nothing: no smart_host is set\n"), std::string::npos);
}

}  // namespace
}  // namespace mailchute::config
