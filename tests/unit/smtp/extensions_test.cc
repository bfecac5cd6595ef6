// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/extensions.h"

#include <gtest/gtest.h>

namespace mailchute::smtp {
namespace {

using Names = std::vector<std::string>;

Extensions offered(std::vector<std::string> lines) {
  lines.insert(lines.begin(), "mail.example");
  return parse_extensions(Reply{250, std::move(lines)});
}

TEST(Extensions, FindsEachKeyword) {
  EXPECT_TRUE(offered({"STARTTLS"}).starttls);
  EXPECT_TRUE(offered({"PIPELINING"}).pipelining);
  EXPECT_TRUE(offered({"8BITMIME"}).eight_bit_mime);
  EXPECT_TRUE(offered({"ENHANCEDSTATUSCODES"}).enhanced_status_codes);
  EXPECT_TRUE(offered({"CHUNKING"}).chunking);
  EXPECT_TRUE(offered({"BINARYMIME"}).binary_mime);
  EXPECT_TRUE(offered({"SMTPUTF8"}).smtp_utf8);
  EXPECT_TRUE(offered({"DSN"}).dsn);
  EXPECT_TRUE(offered({"pipelining "}).pipelining);
}

TEST(Extensions, IgnoresTheGreetingAndWhatItDoesNotKnow) {
  const auto none = parse_extensions(Reply{250, {"PIPELINING"}});
  EXPECT_FALSE(none.pipelining);
  EXPECT_FALSE(offered({"STARTTLSX", "XCLIENT NAME", "", "  "}).starttls);
  EXPECT_FALSE(parse_extensions(Reply{250, {}}).size);
}

TEST(Extensions, ReadsOtherLimits) {
  const auto limits = offered({"LIMITS MAILMAX=20 rcptmax=30 RCPTDOMAINMAX=4 X=5"});
  EXPECT_EQ(limits.messages, 20u);
  EXPECT_EQ(limits.recipients, 30u);
  EXPECT_EQ(limits.domains, 4u);
  EXPECT_EQ(offered({"LIMITS", "RCPTDOMAINMAX=4"}).domains, 0u);
}

TEST(Extensions, ReadsTheSizeLimit) {
  const struct {
    const char* line;
    std::uint64_t limit;
  } cases[] = {{"SIZE 10240000", 10240000},
               {"size 1", 1},
               {"SIZE", 0},
               {"SIZE 0", 0},
               {"SIZE many", 0},
               {"SIZE 99999999999999999999999", 0}};
  for (const auto& c : cases) {
    EXPECT_TRUE(offered({c.line}).size) << c.line;
    EXPECT_EQ(offered({c.line}).size_limit, c.limit) << c.line;
  }
}

TEST(Extensions, ReadsMechanismsInBothSpellingsOnceEach) {
  EXPECT_EQ(offered({"AUTH plain LOGIN"}).auth, (Names{"PLAIN", "LOGIN"}));
  EXPECT_EQ(offered({"AUTH=LOGIN PLAIN"}).auth, (Names{"LOGIN", "PLAIN"}));
  EXPECT_EQ(offered({"AUTH PLAIN LOGIN", "AUTH=LOGIN PLAIN"}).auth, (Names{"PLAIN", "LOGIN"}));
  EXPECT_EQ(offered({"AUTH"}).auth, Names{});
  EXPECT_EQ(offered({"AUTH="}).auth, Names{});
}

}  // namespace
}  // namespace mailchute::smtp
