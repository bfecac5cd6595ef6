// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <gtest/gtest.h>

namespace mailchute {
namespace {

using namespace std::string_view_literals;

TEST(Text, CaseIsThatOfAsciiOnly) {
  EXPECT_EQ(to_lower("Mixed-CASE.Ä"), "mixed-case.Ä");
  EXPECT_TRUE(equal_ignoring_case("Message-ID", "message-id"));
  EXPECT_FALSE(equal_ignoring_case("Message-ID", "message-idx"));
  EXPECT_FALSE(equal_ignoring_case("Ä", "ä"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

TEST(Text, PrefixIsFoundWhateverItsCase) {
  EXPECT_TRUE(starts_with_ignoring_case("Resent-To", "resent-"));
  EXPECT_TRUE(starts_with_ignoring_case("abc", ""));
  EXPECT_FALSE(starts_with_ignoring_case("Res", "resent-"));
}

TEST(Text, TrimTakesBlanksAndLineEndsFromBothEnds) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("x"), "x");
}

TEST(Text, SplitKeepsEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("", ','), Parts({""}));
  EXPECT_EQ(split("a", ','), Parts({"a"}));
  EXPECT_EQ(split(",a,,b,", ','), Parts({"", "a", "", "b", ""}));
}

TEST(Text, NumbersAreDigitsOnlyAndDoNotOverflow) {
  EXPECT_EQ(parse_number("0"), 0u);
  EXPECT_EQ(parse_number("007"), 7u);
  EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615u);
  for (const auto bad : {"", " 1", "1 ", "-1", "+1", "0x1", "1.0", "18446744073709551616",
                         "99999999999999999999999"}) {
    EXPECT_FALSE(parse_number(bad)) << bad;
  }
}

TEST(Text, HexHasTwoLowerCaseDigitsAnOctet) {
  EXPECT_EQ(to_hex("\x00\x0f\xa5\xff"sv), "000fa5ff");
  EXPECT_EQ(to_hex(""), "");
}

struct Escape {
  std::string_view raw;
  std::string_view safe;
};

constexpr Escape kEscapes[] = {
    {"", ""},
    {"plain text", "plain text"},
    {"a\nb\tc\\d", "a\\nb\\tc\\\\d"},
    {"\r\x1b[2J\x7f", "\\x0d\\x1b[2J\\x7f"},
    {"nul\0x"sv, "nul\\x00x"},
    {"größe €uro 😀", "größe €uro 😀"},
    {"\xff", "\\xff"},
    {"cut \xe2\x82", "cut \\xe2\\x82"},
    {"overlong \xc0\xaf \xe0\x80\xaf", "overlong \\xc0\\xaf \\xe0\\x80\\xaf"},
    {"surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80"},
    {"beyond \xf4\x90\x80\x80 \xf5", "beyond \\xf4\\x90\\x80\\x80 \\xf5"},
    {"C1 control \xc2\x9b", "C1 control \\xc2\\x9b"},
    {"lonely \x80", "lonely \\x80"},
    {"\xc3\x28", "\\xc3("},
};

TEST(Text, EscapedTextIsOneLineOfPrintableUtf8) {
  for (const Escape& escape : kEscapes) EXPECT_EQ(escaped(escape.raw), escape.safe);
}

TEST(Text, UnescapedIsTheReverseOfEscaped) {
  for (const Escape& escape : kEscapes) EXPECT_EQ(unescaped(escape.safe), escape.raw);
  for (int octet = 0; octet < 256; ++octet) {
    const std::string text(1, static_cast<char>(octet));
    EXPECT_EQ(unescaped(escaped(text)), text) << octet;
  }
}

TEST(Text, MalformedEscapesAreRefused) {
  for (const auto bad : {"\\", "\\q", "\\x", "\\x1", "\\xg0", "\\x0g", "a\\"}) {
    EXPECT_FALSE(unescaped(bad)) << bad;
  }
}

TEST(Text, SecondsAreWrittenAsPeopleDo) {
  EXPECT_EQ(format_seconds(0), "0s");
  EXPECT_EQ(format_seconds(45), "45s");
  EXPECT_EQ(format_seconds(60), "1m");
  EXPECT_EQ(format_seconds(5400), "1h30m");
  EXPECT_EQ(format_seconds(5 * 86400), "5d");
  EXPECT_EQ(format_seconds(90061), "1d1h1m1s");
}

}  // namespace
}  // namespace mailchute
