// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/start_daemon.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

namespace mailchute::sendmail {
namespace {

TEST(StartDaemon, SaysWhenThereIsNone) {
  const auto started = start_daemon("/nowhere/mailchuted", {});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, Error::Kind::unavailable);
  EXPECT_EQ(started.error().text, "run /nowhere/mailchuted: No such file or directory");
  ::wait(nullptr);
}

TEST(StartDaemon, ReturnsAtOnceWhenItRuns) {
  ASSERT_TRUE(start_daemon("/bin/true", "/some/conf"));
  int status = 1;
  ::wait(&status);
  EXPECT_EQ(status, 0);
}

TEST(BecomeDaemon, ReturnsOnlyWithAnError) {
  EXPECT_EQ(become_daemon("/", {}).kind, Error::Kind::permission);
}

}  // namespace
}  // namespace mailchute::sendmail
