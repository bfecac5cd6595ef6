// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/plain_text.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

TEST(PlainText, OneLineHasNothingThatMovesACursor) {
  struct Case {
    std::string_view text, line;
  };
  for (const Case& c : {
           Case{"", ""},
           Case{"  a \t\r\n b  ", "a b"},
           Case{"a\x1b[2Jb\x7f", "a [2Jb"},
           Case{"a\u0085b\u009bc\u00a0d", "a b c\u00a0d"},
           Case{"a\u2028b\u202ec\u2066d\u200fe\ufeff", "a b c d e"},
           Case{"“Jörg” – 日本 😀", "“Jörg” – 日本 😀"},
       }) {
    EXPECT_EQ(one_line(c.text), c.line);
  }
}

TEST(PlainText, IsShortenedBetweenCharacters) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(shortened("ööööööö", 6), "ööö...");
  EXPECT_EQ(shortened("ab defgh", 6), "ab...");
}

TEST(PlainText, IsWrappedAtBlanks) {
  const std::string word(35, 'x');
  EXPECT_EQ(wrapped(word + " " + word + " " + word), word + " " + word + "\n" + word + "\n");
  EXPECT_EQ(wrapped("a  b", "  "), "  a b\n");
  EXPECT_EQ(wrapped(std::string(200, 'y') + " z"), std::string(200, 'y') + "\nz\n");
  EXPECT_EQ(wrapped(""), "");
}

TEST(PlainText, WidthIsCountedInCharacters) {
  std::string word;
  for (int i = 0; i < 36; ++i) word += "ö";
  EXPECT_EQ(wrapped(word + " " + word.substr(2)), word + " " + word.substr(2) + "\n");
}

}  // namespace
}  // namespace mailchute::mail
