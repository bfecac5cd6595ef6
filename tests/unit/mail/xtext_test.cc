// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/xtext.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

TEST(Xtext, HasNoBlankNoSignOfItsOwnAndNoOddOctet) {
  EXPECT_EQ(to_xtext("root@web1.example.org"), "root@web1.example.org");
  EXPECT_EQ(to_xtext("a+b=\"c d\"@x\n\xff"), "a+2Bb+3D\"c+20d\"@x+0A+FF");
  EXPECT_EQ(to_xtext(""), "");
}

TEST(Xtext, IsKnownWhenItIsSeen) {
  for (const char* text : {"", "abc", "a+2Bb", "root@x"}) EXPECT_TRUE(is_xtext(text)) << text;
  for (const char* text : {"a b", "a=b", "+", "+2", "+2b", "a+", "\xff"}) EXPECT_FALSE(is_xtext(text)) << text;
  EXPECT_TRUE(is_xtext(to_xtext("any + thing = \x01\xff")));
}

TEST(Xtext, OfAnEnvelopeIdIsShortAndPrintable) {
  for (const char* id : {"x", "a+20b", "+7E", "a+2Bb"}) EXPECT_TRUE(is_envelope_id(id)) << id;
  for (const char* id : {"", "a b", "+", "+1F", "a+0Ab", "+7F", "+C3+A9", "+A0"}) {
    EXPECT_FALSE(is_envelope_id(id)) << id;
  }
  EXPECT_TRUE(is_envelope_id(std::string(100, 'x')));
  EXPECT_FALSE(is_envelope_id(std::string(101, 'x')));
}

TEST(Xtext, OfUtf8NamesCodePoints) {
  EXPECT_EQ(to_utf8_xtext("jos\xc3\xa9+\xf0\x9f\x98\x80\\@x"), "jos\\x{E9}\\x{2B}\\x{1F600}\\x{5C}@x");
  EXPECT_TRUE(is_xtext(to_utf8_xtext("jos\xc3\xa9 = +")));
}

TEST(Xtext, OfAnOriginalRecipientHasAType) {
  EXPECT_EQ(typed_original("a+b@x"), "rfc822;a+2Bb@x");
  EXPECT_EQ(typed_original("jos\xc3\xa9@x"), "utf-8;jos\\x{E9}@x");
  EXPECT_EQ(typed_original("jos\xe9@x"), "rfc822;jos+E9@x");
  EXPECT_EQ(typed_original(std::string(kMaxOriginal - 7, 'a')).size(), kMaxOriginal);
  EXPECT_EQ(typed_original(std::string(kMaxOriginal - 6, 'a')), "");
}

}  // namespace
}  // namespace mailchute::mail
