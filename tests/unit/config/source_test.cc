// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/source.h"

#include <gtest/gtest.h>

namespace mailchute::config {
namespace {

TEST(Source, LinesCountFromOne) {
  EXPECT_EQ(line_of("a\nb\n\nc", 1), "a");
  EXPECT_EQ(line_of("a\nb\n\nc", 2), "b");
  EXPECT_EQ(line_of("a\nb\n\nc", 3), "");
  EXPECT_EQ(line_of("a\nb\n\nc", 4), "c");
  EXPECT_EQ(line_of("a\nb\n\nc", 5), "");
  EXPECT_EQ(line_of("", 1), "");
}

TEST(Source, ANumberIsFoundBehindItsName) {
  const struct {
    std::string_view line;
    std::optional<std::int64_t> number;
  } cases[] = {
      {"limit = 5000000000;", 5000000000},
      {"limit:7", 7},
      {"limit\t=\t-7;", -7},
      {"x = 1; limit = 2;", 2},
      {"nolimit = 1; limits = 3; limit = 2;", 2},
      {"limit", {}},
      {"limit =", {}},
      {"limit = 5L;", {}},
      {"limit = 0x10;", {}},
      {"limit = \"5\";", {}},
      {"limit = 99999999999999999999;", {}},
      {"other = 5;", {}},
      {"", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(number_in(c.line, "limit"), c.number) << c.line;
}

TEST(Source, AdviceIsThereForEveryCutOfALine) {
  const std::string_view line = "  retry.first = { a = 'b'; c : [ \"d\", 5m ] };  # yes";
  for (std::size_t from = 0; from < line.size(); ++from)
    for (std::size_t size = 0; from + size <= line.size(); ++size)
      EXPECT_FALSE(syntax_advice(line.substr(from, size)).empty());
}

}  // namespace
}  // namespace mailchute::config
