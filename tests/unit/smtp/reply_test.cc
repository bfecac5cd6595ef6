// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/reply.h"

#include <gtest/gtest.h>

namespace mailchute::smtp {
namespace {

// Every reply in the stream as its text, then "broken" or "half".
std::vector<std::string> read_all(ReplyParser& parser) {
  std::vector<std::string> replies;
  for (;;) {
    auto reply = parser.next();
    if (!reply) {
      replies.push_back("broken");
      return replies;
    }
    if (!*reply) return replies;
    replies.push_back((*reply)->text());
  }
}

std::vector<std::string> parse(std::string_view stream) {
  ReplyParser parser;
  parser.feed(stream);
  return read_all(parser);
}

using Texts = std::vector<std::string>;

TEST(ReplyParser, ReadsRepliesOfOneAndManyLines) {
  EXPECT_EQ(parse("220 hi\r\n"), Texts{"220 hi"});
  EXPECT_EQ(parse("250-there\r\n250-SIZE 1\r\n250 HELP\r\n"), Texts{"250 there SIZE 1 HELP"});
  EXPECT_EQ(parse("250 a\r\n354 b\r\n"), (Texts{"250 a", "354 b"}));
}

TEST(ReplyParser, TakesWhatServersSendInPractice) {
  EXPECT_EQ(parse("250\r\n"), Texts{"250"});
  EXPECT_EQ(parse("250 \r\n"), Texts{"250"});
  EXPECT_EQ(parse("250-\r\n250 ok\n"), Texts{"250 ok"});
  EXPECT_EQ(parse("571 delivery not authorized\r\n"), Texts{"571 delivery not authorized"});
}

TEST(ReplyParser, RefusesWhatIsNoReply) {
  for (const char* stream :
       {"\r\n", "25\r\n", "HTTP/1.1 400 Bad Request\r\n", "150 x\r\n", "650 x\r\n", "2500 x\r\n",
        "25a x\r\n", "250_x\r\n", "250-a\r\n251 b\r\n", " 250 x\r\n"})
    EXPECT_EQ(parse(stream), Texts{"broken"}) << stream;
}

TEST(ReplyParser, StaysBrokenAndNamesTheLine) {
  ReplyParser parser;
  parser.feed("250 ok\r\nwhat?\r\n250 ok\r\n");
  EXPECT_EQ(read_all(parser), (Texts{"250 ok", "broken"}));
  parser.feed("250 ok\r\n");
  const auto reply = parser.next();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Error::Kind::protocol);
  EXPECT_NE(reply.error().text.find("\"what?\""), std::string::npos);
}

TEST(ReplyParser, BoundsTheLine) {
  const std::string longest = "250 " + std::string(kMaxReplyLine - 4, 'x');
  EXPECT_EQ(parse(longest + "\r\n"), Texts{longest});
  EXPECT_EQ(parse(longest + "x\r\n"), Texts{"broken"});
  EXPECT_EQ(parse(longest), Texts{});
  EXPECT_EQ(parse(longest + "xx"), Texts{"broken"});
}

TEST(ReplyParser, BoundsTheNumberOfLines) {
  std::string lines;
  for (std::size_t i = 1; i < kMaxReplyLines; ++i) lines += "250-\r\n";
  EXPECT_EQ(parse(lines + "250 end\r\n"), Texts{"250 end"});
  EXPECT_EQ(parse(lines + "250-\r\n250 end\r\n"), Texts{"broken"});
}

TEST(ReplyParser, GivesTheSameAnswerAtEveryCut) {
  for (const std::string stream :
       {"220 hi\r\n250-a\r\n250-5.1.1 b\r\n250 c\n354 go\r\n",
        "250-a\r\n250 b\r\n251-x\r\n250 y\r\n", "250 \r\r\n220 x\r\nbad\r\n"}) {
    const auto whole = parse(stream);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      ReplyParser parser;
      parser.feed(stream.substr(0, cut));
      auto replies = read_all(parser);
      parser.feed(stream.substr(cut));
      if (replies.empty() || replies.back() != "broken")
        for (auto& reply : read_all(parser)) replies.push_back(reply);
      EXPECT_EQ(replies, whole) << "cut at " << cut;
    }
  }
}

TEST(ReplyParser, GivesTheSameAnswerOctetByOctetOverALongStream) {
  std::string stream;
  for (int i = 0; i < 20000; ++i) stream += "250 2.0.0 Ok\r\n";
  ReplyParser parser;
  std::size_t replies = 0;
  for (const char c : stream) {
    parser.feed(std::string_view(&c, 1));
    replies += read_all(parser).size();
  }
  EXPECT_EQ(replies, 20000U);
  EXPECT_TRUE(parser.empty());
}

TEST(ReplyParser, IsEmptyOnlyBetweenReplies) {
  ReplyParser parser;
  EXPECT_TRUE(parser.empty());
  parser.feed("250-a\r\n");
  EXPECT_EQ(read_all(parser), Texts{});
  EXPECT_FALSE(parser.empty());
  parser.feed("250 b\r\n");
  EXPECT_EQ(read_all(parser).size(), 1U);
  EXPECT_TRUE(parser.empty());
  parser.feed("junk\r\n");
  EXPECT_EQ(read_all(parser), Texts{"broken"});
  parser.clear();
  EXPECT_TRUE(parser.empty());
  parser.feed("220 again\r\n");
  EXPECT_EQ(read_all(parser), Texts{"220 again"});
}

TEST(Reply, KnowsItsClass) {
  EXPECT_TRUE((Reply{250, {}}.completed()));
  EXPECT_TRUE((Reply{354, {}}.intermediate()));
  EXPECT_TRUE((Reply{421, {}}.transient()));
  EXPECT_TRUE((Reply{550, {}}.permanent()));
}

TEST(Reply, HasAnEnhancedCodeOnlyOfItsOwnClass) {
  EXPECT_EQ((Reply{550, {"5.1.1 who?"}}.enhanced()), (mail::StatusCode{5, 1, 1}));
  EXPECT_EQ((Reply{550, {"4.1.1 who?"}}.enhanced()), std::nullopt);
  EXPECT_EQ((Reply{550, {"who?"}}.enhanced()), std::nullopt);
  EXPECT_EQ((Reply{550, {}}.enhanced()), std::nullopt);
}

TEST(Reply, ShowsARepeatedEnhancedCodeOnce) {
  EXPECT_EQ((Reply{550, {"5.1.1 who", "5.1.1 is", "", "5.1.2 that?"}}.text()),
            "550 5.1.1 who is 5.1.2 that?");
  EXPECT_EQ((Reply{250, {"", "two"}}.text()), "250 two");
}

}  // namespace
}  // namespace mailchute::smtp
