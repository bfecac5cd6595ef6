// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/message_encoder.h"

#include <gtest/gtest.h>

#include <random>

#include "smtp/message_decoder.h"

namespace mailchute::smtp {
namespace {

std::string encoded(std::string_view text) {
  MessageEncoder encoder;
  std::string wire;
  encoder.encode(text, wire);
  encoder.finish(wire);
  return wire;
}

TEST(MessageEncoder, WritesTheWireForm) {
  using namespace std::string_view_literals;
  const struct {
    std::string_view text, wire;
  } cases[] = {
      {"", ".\r\n"},
      {"\n", "\r\n.\r\n"},
      {"one\ntwo\n", "one\r\ntwo\r\n.\r\n"},
      {"no end", "no end\r\n.\r\n"},
      {".", "..\r\n.\r\n"},
      {".\n", "..\r\n.\r\n"},
      {"..\n.x\n", "...\r\n..x\r\n.\r\n"},
      {"a.\n b.c\n", "a.\r\n b.c\r\n.\r\n"},
      {"a\rb\n", "a b\r\n.\r\n"},
      {"a\r\n", "a \r\n.\r\n"},
      {"\r", " \r\n.\r\n"},
      {"\r.\n", " .\r\n.\r\n"},
      {"x\n\r.\r\ny\n", "x\r\n . \r\ny\r\n.\r\n"},
      {"nul\0 and \xc3\xa4\n"sv, "nul  and \xc3\xa4\r\n.\r\n"sv},
      {"a\0\rb\r\0\n"sv, "a  b  \r\n.\r\n"sv},
  };
  for (const auto& c : cases) EXPECT_EQ(encoded(c.text), c.wire) << c.text;
}

TEST(MessageEncoder, StartsAnewAfterTheFinalDot) {
  MessageEncoder encoder;
  std::string wire;
  encoder.encode("a", wire);
  encoder.finish(wire);
  encoder.encode(".b\n", wire);
  encoder.finish(wire);
  EXPECT_EQ(wire, "a\r\n.\r\n..b\r\n.\r\n");
}

TEST(MessageEncoder, WritesTheSameAtEveryCut) {
  const std::string text = "a\n.\n..\n\r\n.\r\r\nb\rc\n\n.";
  const std::string whole = encoded(text);
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      MessageEncoder encoder;
      std::string wire;
      encoder.encode(std::string_view(text).substr(0, first), wire);
      encoder.encode(std::string_view(text).substr(first, second - first), wire);
      encoder.encode(std::string_view(text).substr(second), wire);
      encoder.finish(wire);
      EXPECT_EQ(wire, whole) << first << ' ' << second;
    }
  }
}

// Whatever goes in: CR and LF only together, the final dot only at the end, and a server reads back
// the text with its CRs made blanks.
TEST(MessageEncoder, IsReadBackByTheDecoder) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto length = random() % 40; length > 0; --length) text += "\n\n\r\r..ab"[random() % 8];
    std::string expected = text;
    for (char& c : expected)
      if (c == '\r') c = ' ';
    if (!expected.empty() && expected.back() != '\n') expected += '\n';

    const std::string wire = encoded(text);
    for (std::size_t i = 0; i < wire.size(); ++i)
      EXPECT_EQ(wire[i] == '\n', i > 0 && wire[i - 1] == '\r') << wire;
    EXPECT_NE(wire.back(), '\r');
    MessageDecoder decoder;
    std::string back;
    std::string_view rest = wire;
    EXPECT_TRUE(decoder.decode(rest, back));
    EXPECT_EQ(rest, "");
    EXPECT_EQ(back, expected);
  }
}

}  // namespace
}  // namespace mailchute::smtp
