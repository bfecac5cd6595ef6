// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/ages.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

constexpr Seconds kDay{86400};
const Time kToday{Seconds(1790000000)};
const Instant kBoot{Seconds(1000)};

TEST(Ages, AMessageIsAsOldAsTheClockSaidWhenItWasLoaded) {
  Ages ages;
  ages.know("a", kToday - 3 * kDay, kToday, kBoot);
  EXPECT_EQ(ages.of("a", kBoot), 3 * kDay);
  EXPECT_EQ(ages.of("a", kBoot + kDay), 4 * kDay);
}

TEST(Ages, AClockThatIsSetLaterChangesNothing) {
  Ages ages;
  ages.know("a", kToday, kToday, kBoot);
  ages.know("a", kToday, kToday + 1000 * kDay, kBoot + Seconds(1));
  EXPECT_EQ(ages.of("a", kBoot + Seconds(2)), Seconds(2));
}

TEST(Ages, WhatComesFromTheFutureOrFromNowhereIsNew) {
  Ages ages;
  ages.know("a", kToday + 1000 * kDay, kToday, kBoot);
  EXPECT_EQ(ages.of("a", kBoot), Milliseconds(0));
  EXPECT_EQ(ages.of("b", kBoot), Milliseconds(0));
}

TEST(Ages, WhatIsForgottenMayBeKnownAnew) {
  Ages ages;
  ages.know("a", kToday - kDay, kToday, kBoot);
  ages.forget("a");
  EXPECT_EQ(ages.of("a", kBoot), Milliseconds(0));
  ages.know("a", kToday - 2 * kDay, kToday, kBoot);
  EXPECT_EQ(ages.of("a", kBoot), 2 * kDay);
}

}  // namespace
}  // namespace mailchute::relay
