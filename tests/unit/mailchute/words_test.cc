// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/words.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace mailchute {
namespace {

constexpr Time kNow{Milliseconds(1790000000123)};

TEST(Words, AgesHaveOneUnit) {
  const std::pair<int, const char*> ages[] = {{-5, "0s"},   {0, "0s"},     {59, "59s"},    {60, "1m"},        {3599, "59m"},
                                              {3600, "1h"}, {86399, "23h"}, {86400, "1d"}, {100 * 86400, "100d"}};
  for (const auto& [seconds, text] : ages) EXPECT_EQ(short_age(kNow - Seconds(seconds), kNow), text);
}

TEST(Words, SizesAreNeverLongerThanFourCharacters) {
  const std::pair<std::uint64_t, const char*> sizes[] = {{0, "0"},          {999, "999"},       {1000, "1.0K"}, {10188, "9.9K"}, {10189, "10K"},
                                                         {1023487, "999K"}, {1023488, "1.0M"}, {~std::uint64_t{0}, "16E"}};
  for (const auto& [octets, text] : sizes) EXPECT_EQ(short_size(octets), text) << octets;
}

TEST(Words, TimesForPrograms) {
  EXPECT_EQ(iso_time(kNow), "2026-09-21T14:13:20.123Z");
  EXPECT_EQ(iso_time(Time(Milliseconds(7))), "1970-01-01T00:00:00.007Z");
}

TEST(Words, NothingThatATerminalObeysIsShown) {
  EXPECT_EQ(shown("a\x1b[2J\r\nb\xc2\x9b\xff"), "a\\x1b[2J\\x0d\\nb\\xc2\\x9b\\xff");
  EXPECT_EQ(shown("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}

TEST(Words, ColumnsCountCharacters) {
  EXPECT_EQ(in_column("gr\xc3\xbc", 5, true), "gr\xc3\xbc  ");
  EXPECT_EQ(in_column("abcdef", 5, true), "ab...");
  EXPECT_EQ(in_column("abcdef", 5, false), "abcdef");
}

}  // namespace
}  // namespace mailchute
