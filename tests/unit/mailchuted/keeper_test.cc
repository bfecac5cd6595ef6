// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/keeper.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace mailchute::mailchuted {
namespace {

// The queue's folder is not there: the worker, a process of its own, says so.
TEST(Keep, SaysWhyTheFirstWorkerCannotStart) {
  support::TemporaryFolder folder;
  Orders orders;
  orders.settings.queue_directory = folder / "nowhere/spool";
  orders.settings.run_directory = folder.path();
  orders.settings.smart_host.emplace();
  orders.settings.smart_host->tls = config::Tls::none;
  struct Silent : Log {
    void write(Severity, std::string_view) override {}
  };
  bool started = false;
  const auto open_log = [](const config::Settings&) { return std::make_unique<Silent>(); };
  const auto kept = Keeper(std::move(orders), open_log, {}, [&] { started = true; }).run();
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().text.find("nowhere"), std::string::npos) << kept.error().text;
  EXPECT_FALSE(started);
}

}  // namespace
}  // namespace mailchute::mailchuted
