// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/time_limits.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

using smtp::Stage;

Milliseconds total(Stage stage, bool sending = false, std::uint64_t octets = 0, std::size_t recipients = 1) {
  return phase_limit({}, phase_of(stage, 1, sending), octets, recipients);
}

TEST(TimeLimits, AreThoseOfRfc5321) {
  const config::SmartHost host;
  const auto step = [&](Stage stage, bool sending = false) {
    return step_limit(host, phase_of(stage, 1, sending));
  };
  EXPECT_EQ(step(Stage::greeting), Seconds(300));
  EXPECT_EQ(step(Stage::ehlo), Seconds(300));
  EXPECT_EQ(step(Stage::rcpt), Seconds(300));
  EXPECT_EQ(step(Stage::data), Seconds(120));
  EXPECT_EQ(step(Stage::message, true), Seconds(180));
  EXPECT_EQ(step(Stage::message), Seconds(600));
}

TEST(TimeLimits, HandshakeAndRepliesHaveNoMoreThanOneAsAWhole) {
  for (const Stage stage : {Stage::greeting, Stage::ehlo, Stage::starttls, Stage::tls, Stage::auth, Stage::data,
                            Stage::message, Stage::quit}) {
    EXPECT_EQ(total(stage), step_limit({}, phase_of(stage, 1, false))) << smtp::name_of(stage);
  }
}

TEST(TimeLimits, TheWholeEnvelopeIsOnePhase) {
  EXPECT_EQ(phase_of(Stage::rset, 1, false), phase_of(Stage::mail, 1, false));
  EXPECT_EQ(phase_of(Stage::rset, 1, false), phase_of(Stage::rcpt, 1, true));
  EXPECT_NE(phase_of(Stage::rset, 1, false), phase_of(Stage::rset, 2, false));
  EXPECT_NE(phase_of(Stage::rcpt, 1, false), phase_of(Stage::data, 1, false));
}

TEST(TimeLimits, ManyRecipientsAndLargeMessagesHaveMoreTimeWithinBounds) {
  EXPECT_EQ(total(Stage::rcpt, false, 0, 1), Seconds(310));
  EXPECT_EQ(total(Stage::rcpt, false, 0, 100), Seconds(1300));
  EXPECT_EQ(total(Stage::rcpt, false, 0, 50000), Seconds(300 + 3600));
  EXPECT_EQ(total(Stage::message, true, 1 << 20), Seconds(180 + 1024));
}

}  // namespace
}  // namespace mailchute::relay
