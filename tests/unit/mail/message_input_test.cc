// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/message_input.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailchute::mail {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view octets;
  std::string_view text;  // a lone dot ends the message
  std::string_view ignoring_dots;
};

const Case kCases[] = {
    {"", "", ""},
    {"a\nb\n", "a\nb\n", "a\nb\n"},
    {"a\r\nb\r\n", "a\nb\n", "a\nb\n"},
    {"a\nb\r\n\n\r\n", "a\nb\n\n\n", "a\nb\n\n\n"},
    {"no end", "no end\n", "no end\n"},
    {"a\n.\nb\n", "a\n", "a\n.\nb\n"},
    {"a\r\n.\r\nb", "a\n", "a\n.\nb\n"},
    {".\n", "", ".\n"},
    {".", "", ".\n"},
    {"a\n.", "a\n", "a\n.\n"},
    {"..\n", "..\n", "..\n"},
    {".a\n", ".a\n", ".a\n"},
    {"a.\n", "a.\n", "a.\n"},
    {"a\rb\n", "a\rb\n", "a\rb\n"},
    {"\r\r\n", "\r\n", "\r\n"},
    {".\r\r\nx", ".\r\nx\n", ".\r\nx\n"},
    {"\r", "\r\n", "\r\n"},
    {".\r", ".\r\n", ".\r\n"},
    {".\rx\n", ".\rx\n", ".\rx\n"},
    {"a\r.\n", "a\r.\n", "a\r.\n"},
    {"n\0l\n\xff\xfe\n"sv, "n\0l\n\xff\xfe\n"sv, "n\0l\n\xff\xfe\n"sv},
};

std::string read(std::string_view octets, std::size_t piece, bool ignore_dots) {
  MessageInput input(ignore_dots);
  std::string text;
  for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) {
    input.feed(octets.substr(0, piece), text);
  }
  input.finish(text);
  return text;
}

TEST(MessageInput, GivesLinesThatEndWithLfHoweverItIsCut) {
  for (const Case& c : kCases) {
    for (std::size_t piece = 1; piece <= c.octets.size() + 1; ++piece) {
      EXPECT_EQ(read(c.octets, piece, false), c.text) << c.octets;
      EXPECT_EQ(read(c.octets, piece, true), c.ignoring_dots) << c.octets;
    }
  }
}

TEST(MessageInput, SaysThatALoneDotWasRead) {
  MessageInput input(false);
  std::string text;
  input.feed("a\n.\r", text);
  EXPECT_FALSE(input.ended());
  input.feed("\n", text);
  EXPECT_TRUE(input.ended());
  input.feed("more\n", text);
  EXPECT_EQ(text, "a\n");
}

TEST(MessageInput, FinishesOnce) {
  MessageInput input(true);
  std::string text;
  input.feed("a", text);
  input.finish(text);
  input.finish(text);
  EXPECT_EQ(text, "a\n");
}

}  // namespace
}  // namespace mailchute::mail
