// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/envelope_words.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

TEST(EnvelopeWords, AreSmtps) {
  Notify notify;
  EXPECT_EQ(notify_words(notify), "");
  notify.success = notify.failure = notify.delay = true;
  EXPECT_EQ(notify_words(notify), "SUCCESS,FAILURE,DELAY");
  EXPECT_EQ(notify_words({.never = true}), "NEVER");
  EXPECT_EQ(body_word(BodyType::eight_bit_mime), "8BITMIME");
  EXPECT_EQ(body_word(BodyType::unspecified), "");
  EXPECT_EQ(return_word(Return::headers), "HDRS");
  EXPECT_EQ(return_word(Return::unspecified), "");
}

}  // namespace
}  // namespace mailchute::mail
