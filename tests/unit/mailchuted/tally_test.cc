// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/tally.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace mailchute::mailchuted {
namespace {

struct Lines : Log {
  explicit Lines(std::vector<std::string>& into) : lines(into) {}
  void write(Severity, std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string>& lines;
};

TEST(Tally, CountsWhatTheLogSays) {
  Tally tally{Time()};
  std::vector<std::string> lines;
  CountingLog log(std::make_unique<Lines>(lines), tally);
  log(Event("delivered").with("id", "1"));
  log(Event("delivered"));
  log(Event("deferred", Severity::debug));
  log(Event("something-else"));
  EXPECT_EQ(tally.of("delivered"), 2u);
  EXPECT_EQ(tally.of("deferred"), 1u);
  EXPECT_EQ(tally.of("failed"), 0u);
  EXPECT_EQ(tally.of("something-else"), 0u);
  EXPECT_EQ(lines.size(), 4u);
}

TEST(Tally, OutlivesTheProcessThatCounted) {
  Tally tally{Time()};
  for (int i = 0; i < 3; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      tally.count("delivered");
      ::_exit(0);
    }
    ::waitpid(pid, nullptr, 0);
  }
  EXPECT_EQ(tally.of("delivered"), 3u);
}

TEST(Tally, EachEventHasACounterOfItsOwn) {
  Tally tally{Time()};
  std::uint64_t times = 0;
  for (const std::string_view event : Tally::events()) {
    ++times;
    for (std::uint64_t i = 0; i < times; ++i) tally.count(event);
  }
  times = 0;
  for (const std::string_view event : Tally::events()) EXPECT_EQ(tally.of(event), ++times) << event;
}

}  // namespace
}  // namespace mailchute::mailchuted
