// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/pace.h"

#include <gtest/gtest.h>

#include <vector>

namespace mailchute::relay {
namespace {

constexpr Instant at(long milliseconds) { return Instant(Milliseconds(milliseconds)); }

// The most in any 60 seconds, each counted at any time between its beginning and its end.
std::size_t most_in_a_minute(const std::vector<std::pair<Instant, Instant>>& messages) {
  std::size_t most = 0;
  for (std::size_t first = 0, end = 0; first < messages.size(); ++first) {
    while (end < messages.size() && messages[end].first < messages[first].second + Seconds(60)) ++end;
    most = std::max(most, end - first);
  }
  return most;
}

// An hour of a queue that never ends, where each message takes so long.
std::vector<std::pair<Instant, Instant>> an_hour(unsigned limit, Milliseconds each) {
  Pace pace(limit);
  std::vector<std::pair<Instant, Instant>> messages;
  for (Instant now = at(0); now < at(3'600'000);) {
    now = pace.next(now);
    pace.begun(now);
    messages.emplace_back(now, now + each);
    now += each;
    pace.ended(now, true);
  }
  return messages;
}

TEST(Pace, WithoutALimitNothingWaits) {
  Pace pace(0);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(pace.next(at(5)), at(5));
    pace.begun(at(5));
    pace.ended(at(5), true);
  }
}

TEST(Pace, InNoMinuteOfAnHourAreThereMoreThanTheLimit) {
  for (const unsigned limit : {1u, 7u, 30u, 100u, 3000u}) {
    for (const Milliseconds each : {Milliseconds(0), Milliseconds(1), Milliseconds(900), Milliseconds(20'000)}) {
      const auto messages = an_hour(limit, each);
      EXPECT_LE(most_in_a_minute(messages), limit) << limit << " of " << each.count() << " ms";
      if (each.count() > 1) continue;
      EXPECT_GE(messages.size(), limit * 58) << "nor are there much fewer: " << limit;
    }
  }
}

TEST(Pace, GoesOnEvenly) {
  const auto messages = an_hour(6, Milliseconds(0));
  for (std::size_t i = 1; i < messages.size(); ++i) {
    EXPECT_EQ(messages[i].first - messages[i - 1].first, Milliseconds(10'000));
  }
}

TEST(Pace, OneAfterALongTimeNeedNotWait) {
  Pace pace(2);
  pace.begun(at(0));
  EXPECT_EQ(pace.next(at(1)), at(30'000));
  pace.ended(at(100), true);
  EXPECT_EQ(pace.next(at(400'000)), at(400'000));
}

TEST(Pace, WhatIsUnderWayCounts) {
  Pace pace(2);
  pace.begun(at(0));
  pace.begun(at(30'000));
  EXPECT_EQ(pace.next(at(90'000)), Instant::max());
  pace.ended(at(95'000), true);
  EXPECT_EQ(pace.next(at(95'000)), at(155'000)) << "it may have been counted just now";
}

TEST(Pace, WhatTheSmartHostHasNotHeardOfDoesNotCount) {
  Pace pace(1);
  pace.begun(at(0));
  pace.ended(at(50), false);
  EXPECT_EQ(pace.next(at(60'000)), at(60'000));
}

}  // namespace
}  // namespace mailchute::relay
