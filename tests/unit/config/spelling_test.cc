// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/spelling.h"

#include <gtest/gtest.h>

#include <string>

namespace mailchute::config {
namespace {

constexpr std::string_view kNames[] = {"smart_host", "hostname", "user", "log", "log_debug"};

TEST(Spelling, FindsWhatWasMeant) {
  const struct {
    std::string_view word, meant;
  } cases[] = {
      {"smarthost", "smart_host"},
      {"Smart-Host", "smart_host"},
      {"smart_hsot", "smart_host"},
      {"hostnme", "hostname"},
      {"hostnames", "hostname"},
      {"usr", "user"},
      {"lgo", "log"},
      {"debug_log", ""},
      {"colour", ""},
      {"", ""},
      {"x", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(nearest(c.word, kNames), c.meant) << c.word;
}

TEST(Spelling, AWordOfAnyLengthIsSafe) {
  EXPECT_EQ(nearest(std::string(100000, 'a'), kNames), "");
  EXPECT_EQ(nearest(std::string(48, 'a'), kNames), "");
  EXPECT_EQ(nearest(std::string(49, 'a'), kNames), "");
}

TEST(Spelling, WithoutCandidatesNothingIsMeant) { EXPECT_EQ(nearest("log", {}), ""); }

}  // namespace
}  // namespace mailchute::config
