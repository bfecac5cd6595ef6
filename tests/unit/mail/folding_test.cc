// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/folding.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace mailchute::mail {
namespace {

TEST(Folding, ShortFieldsStayInOneLine) {
  EXPECT_EQ(folded_field("Action", "failed"), "Action: failed\n");
  EXPECT_EQ(folded_field("X", "  a   b  "), "X: a b\n");
  EXPECT_EQ(folded_field("X", ""), "X:\n");
}

TEST(Folding, LongFieldsAreFoldedAtBlanks) {
  const std::string word(30, 'a');
  EXPECT_EQ(folded_field("Name", word + " " + word + " " + word),
            "Name: " + word + " " + word + "\n " + word + "\n");
}

TEST(Folding, NoTextMakesAFieldOrALineOfItsOwn) {
  for (const std::string_view hostile :
       {"a\nBcc: x", "a\r\n\r\nbody", "a\r\rb", "\n\n\n", "a\n \n b", "\x7f\x01\xff", "a\n\tb"}) {
    const std::string field = folded_field("X", hostile);
    EXPECT_EQ(field.find('\n'), field.size() - 1) << field;
    EXPECT_TRUE(is_printable_ascii(field.substr(0, field.size() - 1)));
  }
  EXPECT_EQ(folded_field("X", std::string_view("a\0b", 3)), "X: a b\n");
}

TEST(Folding, WordsWithoutAnEndAreCut) {
  std::string field = folded_field("Diagnostic-Code", "smtp; " + std::string(5000, 'y'));
  field.pop_back();
  for (const std::string_view line : split(field, '\n')) {
    EXPECT_LE(line.size(), 998u);
    EXPECT_FALSE(trim(line).empty());
  }
}

TEST(Folding, EscapesLeavePrintableAsciiOnly) {
  EXPECT_EQ(ascii_escaped("plain \"text\""), "plain \"text\"");
  EXPECT_EQ(ascii_escaped("a\r\nb\\\xc3\xa9\xff"), "a\\x0d\\nb\\\\\\xc3\\xa9\\xff");
}

TEST(Refolding, LeavesWhatIsFitAsItIs) {
  for (const std::string field : {"X: y\n", "X:\n", "X: a,b\n\tc  \n", "X:\n y\n"}) EXPECT_EQ(refolded(field), field);
  const std::string longest = "X: " + std::string(995, 'x') + "\n";
  EXPECT_EQ(refolded(longest), longest);
}

TEST(Refolding, TakesOutWhatMustNotBeInAField) {
  EXPECT_EQ(refolded("X: a\rb\n"), "X: a b\n");
  EXPECT_EQ(refolded("X: a\n \t\n b\n \n"), "X: a\n b\n");
  EXPECT_EQ(refolded("X: a\r\n \r\n b\n"), "X: a \n b\n");
}

TEST(Refolding, BreaksLongLinesWhereItMeansTheSame) {
  const std::string word(600, 'w');
  EXPECT_EQ(refolded("X: " + word + " " + word + "\n"), "X:\n " + word + "\n " + word + "\n");
  EXPECT_EQ(refolded("X: a@b,c@d," + word + "," + word + "\n"), "X: a@b,c@d,\n " + word + ",\n " + word + "\n");
  EXPECT_EQ(refolded("X: \"" + word + "  " + word + "\"\n"), "X:\n \"" + word + "\n  " + word + "\"\n");
  EXPECT_EQ(refolded("X: (" + word + "\t" + word + ")\n"), "X:\n (" + word + "\n\t" + word + ")\n");
}

TEST(Refolding, KnowsWhereNoLineMayEnd) {
  const std::string word(600, 'w');
  for (const std::string& inside : {word + "," + word, word + "\\ " + word, word + "\\\"," + word, word + word}) {
    EXPECT_EQ(refolded("X: \"" + inside + "\"\n"), std::nullopt) << inside;
    EXPECT_EQ(refolded("X: ((a)" + inside + ")\n"), std::nullopt) << inside;
  }
}

TEST(Refolding, ManyWordsGoInLinesOfTheUsualLength) {
  std::string field = "X:";
  for (int i = 0; i < 20000; ++i) field += i % 3 == 0 ? " word," : " word";
  std::string text = refolded(field + "  \n").value();
  std::erase(text, '\n');
  EXPECT_EQ(text, field + "  ");
  for (const std::string_view line : split(*refolded(field + "\n"), '\n')) EXPECT_LE(line.size(), 78u);
}

}  // namespace
}  // namespace mailchute::mail
