// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/path.h"

#include <gtest/gtest.h>

namespace mailchute::smtp {
namespace {

// "mailbox|rest", or "no".
std::string taken(std::string_view text) {
  const auto path = take_path(text);
  return path ? path->mailbox + "|" + std::string(text) : "no";
}

TEST(Path, TakesMailboxesOfEveryForm) {
  const struct {
    const char *text, *taken;
  } cases[] = {
      {"<me@here.example>", "me@here.example|"},
      {"<me@here.example> SIZE=1", "me@here.example| SIZE=1"},
      {"<>", "|"},
      {"<> BODY=8BITMIME", "| BODY=8BITMIME"},
      {"<root>", "root|"},
      {"me@here x", "me@here| x"},
      {"<\"two words\"@here>", "\"two words\"@here|"},
      {"<\"a>b\\\"c\\\\\"@here>", "\"a>b\\\"c\\\\\"@here|"},
      {"<\"simple\"@here>", "simple@here|"},
      {"<a..b.@here>", "\"a..b.\"@here|"},
      {"<me@[192.0.2.1]>", "me@[192.0.2.1]|"},
      {"<me@[IPv6:2001:db8::1]>", "me@[IPv6:2001:db8::1]|"},
      {"<@one.example,@two.example:me@here>", "me@here|"},
      {"<@[192.0.2.1]:me@here>", "me@here|"},
      {"<me+tag=x/y@here_there>", "me+tag=x/y@here_there|"},
      {"<j\xc3\xb6rg@b\xc3\xbc"
       "cher.example>",
       "j\xc3\xb6rg@b\xc3\xbc"
       "cher.example|"},
  };
  for (const auto& c : cases) EXPECT_EQ(taken(c.text), c.taken) << c.text;
}

TEST(Path, LeavesWhatIsNone) {
  for (const char* text : {"",
                           " ",
                           "<",
                           "<me@here",
                           "me@here>",
                           "<me@here>x",
                           "<<me@here>>",
                           "<@here>",
                           "<me@>",
                           "me@",
                           "<a b@here>",
                           "<me@he re>",
                           "<a@b@c>",
                           "<me@here,you@here>",
                           "<\"open@here>",
                           "<\"end\\",
                           "<me@[192.0.2.1>",
                           "<@one.example me@here>",
                           "<@one:>",
                           "<me@here..there>",
                           "<me@.here>",
                           "<me@[a b]>",
                           "<\xff@here>",
                           "<\xed\xa0\x80@here>",
                           "<me@here\r>",
                           "<\"a\nb\"@here>"}) {
    std::string_view rest = text;
    EXPECT_FALSE(take_path(rest)) << text;
    EXPECT_EQ(rest, text);
  }
}

TEST(Path, KnowsWhetherItIsAscii) {
  std::string_view plain = "<me@here>";
  EXPECT_TRUE(take_path(plain)->ascii);
  std::string_view international = "<m\xc3\xa9@here>";
  EXPECT_FALSE(take_path(international)->ascii);
}

TEST(Path, IsBounded) {
  EXPECT_EQ(taken("<" + std::string(1019, 'x') + "@here>"), std::string(1019, 'x') + "@here|");
  EXPECT_EQ(taken("<" + std::string(1020, 'x') + "@here>"), "no");
}

}  // namespace
}  // namespace mailchute::smtp
