// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/request_words.h"

#include <gtest/gtest.h>

namespace mailchute::queue {
namespace {

TEST(RequestWords, CarryWhateverAPersonWrites) {
  const std::vector<Word> words{{"reason", "a\tb\nc=d \\ \xff"}, {"id", ""}, {"id", "X"}};
  const std::string text = format_words(words);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(parse_words(text), words);
  EXPECT_EQ(parse_words(""), std::vector<Word>());
}

TEST(RequestWords, AreNothingElse) {
  for (const char* text : {"id", "=x", "id=X\t", "\t", "id=\\q", "id=X\tno"}) EXPECT_FALSE(parse_words(text)) << text;
}

}  // namespace
}  // namespace mailchute::queue
