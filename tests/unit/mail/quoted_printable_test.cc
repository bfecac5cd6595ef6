// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/quoted_printable.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace mailchute::mail {
namespace {

TEST(QuotedPrintable, EncodesWhatMayNotTravel) {
  struct Case {
    std::string_view text, encoded;
  };
  for (const Case& c : {
           Case{"", ""},
           Case{"plain\ntext\n", "plain\ntext\n"},
           Case{"a = b", "a =3D b"},
           Case{"blank \nand tab\t\n", "blank=20\nand tab=09\n"},
           Case{"J\xc3\xb6rg\n", "J=C3=B6rg\n"},
           Case{"a\rb\r\n", "a=0Db=0D\n"},
           Case{std::string_view("\0\x7f", 2), "=00=7F"},
       }) {
    EXPECT_EQ(quoted_printable(c.text), c.encoded);
  }
}

TEST(QuotedPrintable, LongLinesAreBrokenAndNeverInsideACode) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'a');
    for (int i = 0; i < 200; ++i) text += "\xc3\xb6";
    std::string joined;
    const std::string encoded = quoted_printable(text);
    for (std::string_view line : split(encoded, '\n')) {
      EXPECT_LE(line.size(), 76u);
      if (line.ends_with('=')) line.remove_suffix(1);
      joined += line;
    }
    std::string expected(shift, 'a');
    for (int i = 0; i < 200; ++i) expected += "=C3=B6";
    EXPECT_EQ(joined, expected);
  }
}

TEST(SevenBit, IsPrintableAsciiInLinesOf998) {
  EXPECT_TRUE(is_seven_bit(""));
  EXPECT_TRUE(is_seven_bit("a\tb\n\n" + std::string(998, 'x') + "\n"));
  for (const std::string& bad : {std::string("\xc3\xb6"), std::string("a\rb"), std::string(1, '\0'),
                                 std::string("\x7f"), std::string(999, 'x')}) {
    EXPECT_FALSE(is_seven_bit(bad));
  }
}

}  // namespace
}  // namespace mailchute::mail
