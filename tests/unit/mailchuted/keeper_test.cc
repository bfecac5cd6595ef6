// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/keeper.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace mailchute::mailchuted {
namespace {

struct Silent : Log {
  void write(Severity, std::string_view) override {}
};

class KeeperTest : public ::testing::Test {
 protected:
  KeeperTest() {
    settings().queue_directory = queue.path();
    settings().run_directory = run.path();
    settings().smart_host.emplace();
    settings().smart_host->tls = config::Tls::none;
  }
  config::Settings& settings() { return orders.settings; }
  std::string refusal() {
    const auto open_log = [](const config::Settings&) { return std::make_unique<Silent>(); };
    const auto kept = Keeper(std::move(orders), open_log, {}, Premises(), [this] { started = true; }).run();
    EXPECT_FALSE(kept);
    return kept ? "" : kept.error().text;
  }

  support::TemporaryFolder queue, run;
  Orders orders;
  bool started = false;
};

TEST_F(KeeperTest, SaysWhyItCannotStart) {
  settings().queue_directory = queue / "nowhere/spool";
  EXPECT_NE(refusal().find("nowhere"), std::string::npos);
  EXPECT_FALSE(started);
}

// It is a process of its own that says so.
TEST_F(KeeperTest, SaysWhyTheFirstWorkerCannotStart) {
  settings().smart_host->tls = config::Tls::starttls;
  settings().smart_host->ca_file = "/nowhere/ca.pem";
  EXPECT_NE(refusal().find("/nowhere/ca.pem"), std::string::npos);
  EXPECT_FALSE(started);
  EXPECT_FALSE(std::filesystem::exists(run / "control")) << "nobody is to wait there";
}

}  // namespace
}  // namespace mailchute::mailchuted
