// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/retry.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

TEST(RetryDelay, DoublesFromFirstToLongest) {
  const RetryLimits limits{Seconds(60), Seconds(3600)};
  const long expected[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};
  for (unsigned attempts = 1; attempts <= 8; ++attempts) {
    EXPECT_EQ(retry_delay(limits, attempts, 0.5), Seconds(expected[attempts - 1])) << attempts;
  }
}

TEST(RetryDelay, LeavesATenthEitherWayToChance) {
  const RetryLimits limits{Seconds(100), Seconds(100)};
  EXPECT_EQ(retry_delay(limits, 1, 0), Seconds(90));
  EXPECT_EQ(retry_delay(limits, 1, 1), Seconds(110));
}

TEST(RetryDelay, NeverOverflows) {
  EXPECT_EQ(retry_delay({Seconds(1), Seconds(3600)}, 4000000000u, 0.5), Seconds(3600));
  EXPECT_EQ(retry_delay({Seconds(1), Seconds(3600)}, 0, 0.5), Seconds(1));
}

}  // namespace
}  // namespace mailchute::relay
