// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/allowance.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

constexpr Instant at(long milliseconds) { return Instant(Milliseconds(milliseconds)); }

TEST(Allowance, LetsAMinutesWorthGoAtOnceAndTheRestEvenly) {
  Allowance allowance(60);
  const Instant start = at(1'000'000);
  for (unsigned left = 60; left > 0; --left) {
    EXPECT_EQ(allowance.left(start), left);
    EXPECT_LE(allowance.next(), start);
    allowance.spend(start);
  }
  EXPECT_EQ(allowance.left(start), 0U);
  EXPECT_EQ(allowance.next(), start + Seconds(1));
  EXPECT_EQ(allowance.left(start + Milliseconds(999)), 0U);
  EXPECT_EQ(allowance.left(start + Seconds(1)), 1U);
}

TEST(Allowance, AFloodGoesAtTheRateForAsLongAsItLasts) {
  Allowance allowance(30);
  unsigned sent = 0;
  for (Instant now = at(0); now < at(10 * 60'000); now += Milliseconds(100)) {
    if (allowance.left(now) == 0) continue;
    allowance.spend(now);
    ++sent;
  }
  EXPECT_EQ(sent, 30U + 10 * 30 - 1);
}

TEST(Allowance, IsWholeAgainAfterAQuietMinute) {
  Allowance allowance(7);
  for (int i = 0; i < 7; ++i) allowance.spend(at(0));
  EXPECT_EQ(allowance.left(at(0)), 0U);
  EXPECT_EQ(allowance.left(at(60'004)), 7U);
}

TEST(Allowance, OneAMinuteIsOneAMinute) {
  Allowance allowance(1);
  EXPECT_EQ(allowance.left(at(5)), 1U);
  allowance.spend(at(5));
  EXPECT_EQ(allowance.left(at(60'004)), 0U);
  EXPECT_EQ(allowance.left(at(60'005)), 1U);
}

}  // namespace
}  // namespace mailchute::relay
