// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/keeper.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_folder.h"

namespace mailchute::mailchuted {
namespace {

std::string config_of(const support::TemporaryFolder& folder, const std::string& password_file) {
  return "hostname = \"here.example\";\nsmart_host = { host = \"mail.example.org\"; user = \"web1\"; "
         "password_file = \"" + folder / password_file + "\"; };\n";
}

TEST(ReadOrders, HoldsThePasswordThatTheConfigurationNames) {
  support::TemporaryFolder folder;
  support::write_file(folder / "password", "secret\n");
  ::chmod((folder / "password").c_str(), 0600);
  support::write_file(folder / "conf", config_of(folder, "password"));
  const auto orders = read_orders(folder / "conf");
  ASSERT_TRUE(orders) << orders.error().text;
  EXPECT_EQ(orders->password.reveal(), "secret");
  EXPECT_EQ(orders->settings.smart_host->host, "mail.example.org");
}

TEST(ReadOrders, TellsEveryMistakeOnALineOfItsOwn) {
  support::TemporaryFolder folder;
  support::write_file(folder / "conf", "nonsense = 1;\n" + config_of(folder, "missing"));
  const auto orders = read_orders(folder / "conf");
  ASSERT_FALSE(orders);
  EXPECT_EQ(orders.error().kind, Error::Kind::config);
  EXPECT_NE(orders.error().text.find("nonsense"), std::string::npos) << orders.error().text;
  EXPECT_NE(orders.error().text.find("missing"), std::string::npos) << orders.error().text;
  EXPECT_NE(orders.error().text.find('\n'), std::string::npos);
}

// The queue's folder is not there: the worker, a process of its own, says so.
TEST(Keep, SaysWhyTheFirstWorkerCannotStart) {
  support::TemporaryFolder folder;
  Orders orders;
  orders.settings.queue_directory = folder / "nowhere/spool";
  orders.settings.run_directory = folder.path();
  orders.settings.smart_host.emplace();
  orders.settings.smart_host->tls = config::Tls::none;
  struct : Log {
    void write(Severity, std::string_view) override {}
  } log;
  bool started = false;
  const auto kept = keep(std::move(orders), log, [&] { started = true; });
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().text.find("nowhere"), std::string::npos) << kept.error().text;
  EXPECT_FALSE(started);
}

}  // namespace
}  // namespace mailchute::mailchuted
