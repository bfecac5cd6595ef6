// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/expiry.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

TEST(Expiry, TakesTheLifetimeAndThreeAnswers) {
  EXPECT_FALSE(expired(Seconds(100), Seconds(100), 3));
  EXPECT_TRUE(expired(Seconds(101), Seconds(100), 3));
  EXPECT_FALSE(expired(Seconds(1000), Seconds(100), 2));
}

TEST(Expiry, SaysHowLongAndWhatCameOfTheLastAttempt) {
  EXPECT_EQ(expired_reply(Seconds(5 * 86400), "451 4.7.1 later"),
            "expired: could not be delivered within 5d; last: 451 4.7.1 later");
}

TEST(Expiry, GivesTheLastWordsBack) {
  EXPECT_EQ(last_before_expiry(expired_reply(Seconds(60), "451 no; last: x")), "451 no; last: x");
  EXPECT_EQ(last_before_expiry(expired_reply(Seconds(60), "")), "");
}

TEST(Expiry, AServersReplyIsNone) {
  EXPECT_FALSE(last_before_expiry("550 expired: could not be delivered within 1d; last: x"));
  EXPECT_FALSE(last_before_expiry("expired"));
  EXPECT_FALSE(last_before_expiry(""));
}

TEST(Expiry, AnAttemptInSeveralTransactionsCountsOnce) {
  queue::RetryInfo info;
  for (const Part part : {Part{false, true, true}, Part{true, true, true}, Part{true, false, true}}) {
    EXPECT_FALSE(attempted(info, part, Seconds(10), Seconds(5)));
  }
  EXPECT_EQ(info.attempts, 1u);
  EXPECT_EQ(info.answered, 1u);
  EXPECT_FALSE(attempted(info, {}, Seconds(10), Seconds(5)));
  EXPECT_EQ(info.attempts, 2u);
  EXPECT_EQ(info.answered, 1u) << "nothing was said";
}

TEST(Expiry, AllPartsOfTheLastAttemptExpireAndThenThoseOfAnotherRouteBeginAnew) {
  queue::RetryInfo info{.attempts = 2, .answered = 2};
  EXPECT_TRUE(attempted(info, {false, true, true}, Seconds(10), Seconds(5)));
  EXPECT_TRUE(attempted(info, {true, false, true}, Seconds(10), Seconds(5)));
  EXPECT_EQ(info.attempts, 3u);
  EXPECT_FALSE(attempted(info, {false, false, true}, Seconds(10), Seconds(5)));
  EXPECT_FALSE(attempted(info, {false, false, true}, Seconds(10), Seconds(5)));
  EXPECT_TRUE(attempted(info, {false, false, true}, Seconds(10), Seconds(5)));
}

}  // namespace
}  // namespace mailchute::relay
