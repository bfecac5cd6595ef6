// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/open_log.h"

#include <gtest/gtest.h>

namespace mailchute::mailchuted {
namespace {

config::Settings logging_to(config::LogTarget target) {
  config::Settings settings;
  settings.log = target;
  return settings;
}

TEST(OpenLog, WhatIsSetIsDone) {
  using enum config::LogTarget;
  EXPECT_EQ(log_target(logging_to(syslog), false), syslog);
  EXPECT_EQ(log_target(logging_to(standard_error), false), standard_error);
  EXPECT_EQ(log_target(logging_to(standard_error), true), standard_error);
}

TEST(OpenLog, DetailsAreLeftOutUnlessTheyAreAskedFor) {
  auto settings = logging_to(config::LogTarget::standard_error);
  testing::internal::CaptureStderr();
  const auto quiet = open_log(settings, settings.log);
  (*quiet)(Event("detail", Severity::debug));
  (*quiet)(Event("fact", Severity::info));
  settings.log_debug = true;
  const auto verbose = open_log(settings, settings.log);
  (*verbose)(Event("detail", Severity::debug));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "mailchuted: fact\nmailchuted: detail\n");
}

}  // namespace
}  // namespace mailchute::mailchuted
