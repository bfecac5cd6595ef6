// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/header.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailchute::mail {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

struct Parsed {
  std::vector<std::string> fields;
  std::string body;
  bool operator==(const Parsed&) const = default;
};

Parsed parse(std::string_view text, std::size_t piece) {
  HeaderReader reader;
  std::string rest;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    if (reader.ended()) {
      rest += text.substr(0, piece);
    } else {
      EXPECT_TRUE(reader.feed(text.substr(0, piece)));
    }
  }
  reader.finish();
  Parsed parsed{{}, std::string(reader.body()) + rest};
  for (const Field& field : reader.header().fields) parsed.fields.push_back(field.raw);
  return parsed;
}

struct Case {
  std::string_view text;
  Parsed parsed;
};

const Case kCases[] = {
    {"", {{}, ""}},
    {"\n", {{}, ""}},
    {"\nbody\n", {{}, "body\n"}},
    {"A: 1\nB: 2\n\nbody\n", {{"A: 1\n", "B: 2\n"}, "body\n"}},
    {"A: 1\n  folded\n\tagain\nB:2\n\n", {{"A: 1\n  folded\n\tagain\n", "B:2\n"}, ""}},
    {"A: 1\n", {{"A: 1\n"}, ""}},
    {"A: 1\nno field\nB: 2\n", {{"A: 1\n"}, "no field\nB: 2\n"}},
    {"only text\nmore: text\n", {{}, "only text\nmore: text\n"}},
    {" starts with a blank\n", {{}, " starts with a blank\n"}},
    {"A : obsolete blank\n\nb\n", {{"A : obsolete blank\n"}, "b\n"}},
    {": no name\n", {{}, ": no name\n"}},
    {"A: 1\n \n\nb\n", {{"A: 1\n \n"}, "b\n"}},
    {"From me Sat Nov 21 10:00:00 2026\nA: 1\n\nb\n", {{"A: 1\n"}, "b\n"}},
    {">From me Sat Nov 21 10:00:00 2026\nA: 1\n\nb\n", {{"A: 1\n"}, "b\n"}},
    {"From me 10:00\n>From you 10:01\nA: 1\n", {{"A: 1\n"}, ""}},
    {"From me 10:00\n\nb\n", {{}, "b\n"}},
    {"From here on it is text\nmore\n", {{}, "From here on it is text\nmore\n"}},
    {"From: me\n\nb\n", {{"From: me\n"}, "b\n"}},
    {"A: 1\nFrom me 10:00\n", {{"A: 1\n"}, "From me 10:00\n"}},
    {"A: n\0l \xff \r\n\nb\n"sv, {{"A: n\0l \xff \r\n"s}, "b\n"}},
    {"\x80: eight bits are no name\n", {{}, "\x80: eight bits are no name\n"}},
    {"http://x.example/\n", {{"http://x.example/\n"}, ""}},
};

TEST(HeaderReader, FindsTheEndHoweverTheTextIsCut) {
  for (const Case& c : kCases) {
    for (std::size_t piece = 1; piece <= c.text.size() + 1; ++piece) {
      EXPECT_EQ(parse(c.text, piece).fields, c.parsed.fields) << c.text;
      EXPECT_EQ(parse(c.text, piece).body, c.parsed.body) << c.text << " in pieces of " << piece;
    }
  }
}

TEST(HeaderReader, DoesNotWaitForTheEndOfALineThatIsNoField) {
  HeaderReader reader;
  ASSERT_TRUE(reader.feed("two words"));
  EXPECT_TRUE(reader.ended());
  HeaderReader endless;
  ASSERT_TRUE(endless.feed(std::string(2000, 'x')));
  EXPECT_TRUE(endless.ended());
  EXPECT_EQ(endless.body().size(), 2000u);
}

TEST(HeaderReader, RefusesAHeaderBeyondItsLimit) {
  const std::vector<std::string> endless = {"A: 1\n", "A: " + std::string(5000, 'x'), "\n more",
                                            "From me\n"};
  for (const std::string& piece : endless) {
    HeaderReader reader;
    std::size_t fed = 0;
    if (piece.starts_with("\n")) {
      ASSERT_TRUE(reader.feed("A: 1"));
    }
    Result<> result;
    while (result && fed < 2 * kMaxHeader) {
      result = reader.feed(piece);
      fed += piece.size();
    }
    ASSERT_FALSE(result) << piece.substr(0, 10);
    EXPECT_EQ(result.error().kind, Error::Kind::data);
    EXPECT_LE(fed, kMaxHeader + 2 * piece.size());
  }
}

TEST(HeaderReader, TakesAHeaderJustBelowItsLimitHoweverCut) {
  std::string text;
  while (text.size() + 100 < kMaxHeader) text += "X-Filler: " + std::string(60, 'x') + "\n";
  const Parsed whole = parse(text + "\nbody\n", 1 << 16);
  EXPECT_EQ(whole.body, "body\n");
  EXPECT_EQ(parse(text + "\nbody\n", 777), whole);
}

TEST(Field, HasANameAndABody) {
  const Field field{"X-Test : one\n\ttwo\n"};
  EXPECT_EQ(field.name(), "X-Test");
  EXPECT_EQ(field.body(), " one\n\ttwo");
  EXPECT_TRUE(field.is("x-test"));
  EXPECT_FALSE(field.is("x-tes"));
}

TEST(Header, KnowsItsFieldsWhateverTheirCase) {
  const Header header{{Field{"SUBJECT: x\n"}}};
  EXPECT_TRUE(header.has("Subject"));
  EXPECT_FALSE(header.has("Date"));
}

}  // namespace
}  // namespace mailchute::mail
