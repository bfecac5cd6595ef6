// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/orders.h"

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
  EXPECT_EQ(orders->passwords.at(0).reveal(), "secret");
  EXPECT_EQ(orders->settings.smart_hosts.front().host, "mail.example.org");
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

TEST(ReadOrdersAgain, RefusesWhatOnlyAStartCanChange) {
  support::TemporaryFolder folder;
  support::write_file(folder / "conf", "hostname = \"here.example\";\nuser = \"mail\";\nsmart_host = { host = \"a.example\"; };\n");
  const auto present = read_orders(folder / "conf");
  ASSERT_TRUE(present) << present.error().text;
  EXPECT_TRUE(read_orders_again(present->settings));
  support::write_file(folder / "conf", "hostname = \"here.example\";\nuser = \"news\";\nsmart_host = { host = \"b.example\"; };\n");
  const auto again = read_orders_again(present->settings);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().text, "user cannot change from mail to news while mailchuted runs: restart it");
}

}  // namespace
}  // namespace mailchute::mailchuted
