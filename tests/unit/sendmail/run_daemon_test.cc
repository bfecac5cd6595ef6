// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/run_daemon.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace mailchute::sendmail {
namespace {

TEST(RunDaemon, SaysWhenThereIsNone) {
  const Error error = run_daemon("/nowhere/mailchuted", true, {});
  EXPECT_EQ(error.kind, Error::Kind::unavailable);
  EXPECT_EQ(error.text, "run /nowhere/mailchuted: No such file or directory");
  EXPECT_EQ(run_daemon("/", false, "/some/conf").kind, Error::Kind::permission);
}

TEST(RunDaemon, HandsOverTheConfigurationAndTheBackground) {
  const std::string script = ::testing::TempDir() + "mailchuted-" + std::to_string(::getpid());
  std::ofstream(script) << "#!/bin/sh\necho \"$*\" >&2\n";
  ASSERT_EQ(::chmod(script.c_str(), 0700), 0);
  EXPECT_EXIT(run_daemon(script, true, "/some/conf"), ::testing::ExitedWithCode(0),
              "^-b -C /some/conf\n$");
  EXPECT_EXIT(run_daemon(script, false, {}), ::testing::ExitedWithCode(0), "^\n$");
  ::unlink(script.c_str());
}

}  // namespace
}  // namespace mailchute::sendmail
