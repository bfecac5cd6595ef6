// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/log_sink.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace mailchute::sys {
namespace {

std::string written(StandardErrorSink::Form form, Severity severity, std::string_view line) {
  ::testing::internal::CaptureStderr();
  StandardErrorSink("sendmail", form).write(severity, line);
  return ::testing::internal::GetCapturedStderr();
}

TEST(StandardErrorSink, NamesTheProgram) {
  EXPECT_EQ(written(StandardErrorSink::Form::plain, Severity::error, "no queue"),
            "sendmail: no queue\n");
}

TEST(StandardErrorSink, GivesTheJournalItsPriority) {
  EXPECT_EQ(written(StandardErrorSink::Form::priority, Severity::warning, "odd"), "<4>odd\n");
}

TEST(StandardErrorSink, WritesOneLineOnly) {
  EXPECT_EQ(written(StandardErrorSink::Form::priority, Severity::info, "a\n<0>b\x1b"),
            "<6>a <0>b \n");
}

TEST(StandardError, IsTheJournalOnlyIfTheJournalSaysSo) {
  struct stat status {};
  ASSERT_EQ(::fstat(2, &status), 0);
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(standard_error_is_journal());
  ::setenv("JOURNAL_STREAM", "1:1", 1);
  EXPECT_FALSE(standard_error_is_journal());
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  EXPECT_TRUE(standard_error_is_journal());
  ::unsetenv("JOURNAL_STREAM");
}

}  // namespace
}  // namespace mailchute::sys
