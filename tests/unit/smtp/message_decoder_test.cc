// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/message_decoder.h"

#include <gtest/gtest.h>

namespace mailchute::smtp {
namespace {

struct Decoded {
  std::string text;
  std::string rest;  // after the end
  bool ended = false;
  std::uint64_t size = 0;
  bool operator==(const Decoded&) const = default;
};

void decode(MessageDecoder& decoder, std::string_view wire, Decoded& decoded) {
  if (!decoded.ended) decoded.ended = decoder.decode(wire, decoded.text);
  decoded.rest += wire;
  decoded.size = decoder.size();
}

Decoded decoded(std::string_view wire, LineEnds ends = LineEnds::crlf) {
  MessageDecoder decoder(ends);
  Decoded result;
  decode(decoder, wire, result);
  return result;
}

TEST(MessageDecoder, ReadsTheWireForm) {
  const struct {
    const char *wire, *text;
  } cases[] = {
      {".\r\n", ""},
      {"\r\n.\r\n", "\n"},
      {"one\r\ntwo\r\n.\r\n", "one\ntwo\n"},
      {"..\r\n...x\r\n.y\r\n.\r\n", ".\n..x\ny\n"},
      {"a.\r\n.\r\n", "a.\n"},
      {"a\nb\r\n.\r\n", "a\nb\n"},
      {"a\rb\r\n.\r\n", "a\rb\n"},
      {"a\r\r\n.\r\n", "a\r\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(decoded(c.wire).text, c.text) << c.wire;
}

TEST(MessageDecoder, EndsAtCrLfDotCrLfOnly) {
  for (const char* end :
       {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r.\r", "\r\n.\r", "\n.\r", "\r\n.\r\r\n",
        "\r\n. \r\n", "\r\n.\r.\r\n", "\r\r.\r\n", "\r\n\n.\r\n"}) {
    const auto result = decoded(std::string("a") + end + "MAIL FROM:<evil@example>\r\n");
    EXPECT_FALSE(result.ended) << testing::PrintToString(end);
    EXPECT_NE(result.text.find("MAIL FROM"), std::string::npos);
  }
}

TEST(MessageDecoder, LeavesWhatFollowsTheEnd) {
  const auto result = decoded("a\r\n.\r\nMAIL FROM:<>\r\n");
  EXPECT_TRUE(result.ended);
  EXPECT_EQ(result.text, "a\n");
  EXPECT_EQ(result.rest, "MAIL FROM:<>\r\n");
}

TEST(MessageDecoder, TakesLfFromAProgramAtAPipe) {
  for (const char* wire : {"a\n..b\n.\nrest", "a\r\n..b\n.\nrest", "a\n..b\r\n.\nrest"}) {
    const auto result = decoded(wire, LineEnds::lf);
    EXPECT_TRUE(result.ended);
    EXPECT_EQ(result.text, "a\n.b\n");
    EXPECT_EQ(result.rest, "rest");
  }
  EXPECT_EQ(decoded("a\rb\r\r\n.\n", LineEnds::lf).text, "a\rb\r\n");
}

TEST(MessageDecoder, EndsLinesWithLfAtLfDotLfOnly) {
  for (const char* end : {"\n.\r\n", "\r.\n", "\r.\r\n", "\n.\r", "\r\n.\r\n", "\n. \n"}) {
    const auto result = decoded(std::string("a") + end + "MAIL FROM:<evil@example>\n", LineEnds::lf);
    EXPECT_FALSE(result.ended) << testing::PrintToString(end);
    EXPECT_NE(result.text.find("MAIL FROM"), std::string::npos);
  }
  EXPECT_EQ(decoded("a\n.\r\nb\n.\n", LineEnds::lf).text, "a\n\nb\n");
}

TEST(MessageDecoder, CountsAsRfc1870Does) {
  EXPECT_EQ(decoded("ab\r\n.\r\n").size, 4U);
  EXPECT_EQ(decoded("..\r\n.\r\n").size, 3U);
  EXPECT_EQ(decoded("\r\n.\r\n").size, 2U);
  EXPECT_EQ(decoded(".\r\n").size, 0U);
  EXPECT_EQ(decoded("a\nb\rc\r\n.\r\n").size, 7U);
  EXPECT_EQ(decoded("a\n.\n", LineEnds::lf).size, 3U);
}

TEST(MessageDecoder, ReadsTheSameAtEveryCut) {
  const std::string wire = "a\r\n..\r\n\n.\r\n\r.\r\n.\rx\r\n.x\n.\r\r\n\n.\n\r\n.\r\nRSET\r\n";
  for (const LineEnds ends : {LineEnds::crlf, LineEnds::lf}) {
    const auto whole = decoded(wire, ends);
    EXPECT_TRUE(whole.ended);
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
      MessageDecoder decoder(ends);
      Decoded pieces;
      decode(decoder, std::string_view(wire).substr(0, cut), pieces);
      decode(decoder, std::string_view(wire).substr(cut), pieces);
      EXPECT_EQ(pieces, whole) << "cut at " << cut;
    }
  }
}

TEST(MessageDecoder, TakesEveryOctetOfAChunk) {
  const std::string octets = ".\r\n..\r\na\nb\rc\r\n.\r\nend\r";
  for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
    MessageDecoder decoder;
    std::string text;
    decoder.decode_chunk(std::string_view(octets).substr(0, cut), text);
    decoder.decode_chunk(std::string_view(octets).substr(cut), text);
    decoder.finish(text);
    EXPECT_EQ(text, ".\n..\na\nb\rc\n.\nend\r") << "cut at " << cut;
    EXPECT_EQ(decoder.size(), octets.size());
  }
}

}  // namespace
}  // namespace mailchute::smtp
