// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/base64.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

std::string encoded(std::string_view text, std::size_t piece = std::string_view::npos) {
  Base64Encoder encoder;
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) encoder.encode(text.substr(0, piece), out);
  encoder.finish(out);
  return out;
}

std::string mended(std::string_view text, std::size_t piece = std::string_view::npos) {
  Base64Mender mender;
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) mender.encode(text.substr(0, piece), out);
  return out;
}

TEST(Base64, EncodesWithCrlfForEachLineEnd) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("a"), "YQ==");
  EXPECT_EQ(encoded("ab"), "YWI=");
  EXPECT_EQ(encoded("abc"), "YWJj");
  EXPECT_EQ(encoded("a\n"), "YQ0K");
  EXPECT_EQ(encoded("\n\n"), "DQoNCg==");
  EXPECT_EQ(encoded(std::string_view("\0\r\xff", 3)), "AA3/");
}

TEST(Base64, LinesHave76OctetsAndTheLastNoEnd) {
  EXPECT_EQ(encoded(std::string(57, 'a')).size(), 76u);
  EXPECT_EQ(encoded(std::string(58, 'a')).find('\n'), 76u);
  EXPECT_FALSE(encoded(std::string(5700, 'a')).ends_with('\n'));
}

TEST(Base64, IsTheSameAtEveryCut) {
  const std::string text = std::string(3000, 'x') + "\n\r\n" + std::string(100, '\n') + std::string(4000, 'y');
  for (const std::size_t piece : {1u, 2u, 57u, 1000u}) EXPECT_EQ(encoded(text, piece), encoded(text));
}

TEST(Base64, OfOneLongLineIsBroken) {
  const std::string line(200, 'Q');
  EXPECT_EQ(mended(line), std::string(76, 'Q') + "\n" + std::string(76, 'Q') + "\n" + std::string(48, 'Q'));
  EXPECT_EQ(mended("QU\xff JD\n\rQQ==\n"), "QUJDQQ==");
  EXPECT_EQ(mended(line, 3), mended(line));
}

}  // namespace
}  // namespace mailchute::mail
