// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/dsn_options.h"

#include <gtest/gtest.h>

namespace mailchute::sendmail {
namespace {

TEST(DsnOptions, BodyTypesAreThoseOfTheStandards) {
  EXPECT_EQ(parse_body_type("7bit"), mail::BodyType::seven_bit);
  EXPECT_EQ(parse_body_type("8BITMIME"), mail::BodyType::eight_bit_mime);
  EXPECT_EQ(parse_body_type("BinaryMIME"), mail::BodyType::binary_mime);
  EXPECT_FALSE(parse_body_type(""));
  EXPECT_FALSE(parse_body_type("8BIT"));
}

TEST(DsnOptions, NotifyIsNeverOrAList) {
  EXPECT_EQ(parse_notify("never"), (mail::Notify{true, false, false, false}));
  EXPECT_EQ(parse_notify("Success, delay"), (mail::Notify{false, true, false, true}));
  EXPECT_EQ(parse_notify("failure,failure"), (mail::Notify{false, false, true, false}));
  for (const auto bad : {"", "never,delay", "success,", "on success", "success;delay"}) {
    EXPECT_FALSE(parse_notify(bad)) << bad;
  }
}

TEST(DsnOptions, ReturnIsFullOrHdrs) {
  EXPECT_EQ(parse_return("FULL"), mail::Return::full);
  EXPECT_EQ(parse_return("hdrs"), mail::Return::headers);
  EXPECT_FALSE(parse_return("headers"));
}

TEST(DsnOptions, EnvelopeIdBecomesXtext) {
  EXPECT_EQ(parse_envelope_id("QQ314159"), "QQ314159");
  EXPECT_EQ(parse_envelope_id("a+2Bb"), "a+2Bb");
  EXPECT_EQ(parse_envelope_id("a+b"), "a+2Bb");
  EXPECT_EQ(parse_envelope_id("a=b c"), "a+3Db+20c");
  EXPECT_EQ(parse_envelope_id("+2b+"), "+2B2b+2B");
  EXPECT_FALSE(parse_envelope_id("a\n"));
  EXPECT_FALSE(parse_envelope_id("\xff"));
  EXPECT_EQ(parse_envelope_id(std::string(100, 'x')), std::string(100, 'x'));
  EXPECT_FALSE(parse_envelope_id(std::string(101, 'x')));
  EXPECT_FALSE(parse_envelope_id(std::string(34, ' ')));
  EXPECT_FALSE(parse_envelope_id(""));
}

}  // namespace
}  // namespace mailchute::sendmail
