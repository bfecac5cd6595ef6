// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/sink_script.h"

#include <gtest/gtest.h>

namespace mailchute {
namespace {

// "550 5.1.1 no", "close", or "" for nothing, and the delay in front.
std::string decided(SinkScript& script, std::string_view step, std::string_view argument = "") {
  const auto decision = script.decide(step, argument);
  std::string text = decision.delay.count() > 0 ? std::to_string(decision.delay.count()) + "ms " : "";
  if (decision.close) return text + "close";
  return text + (decision.reply ? decision.reply->text() : "");
}

TEST(SinkScript, RepliesAtTheStepItNames) {
  SinkScript script;
  ASSERT_TRUE(script.add_reply("rcpt:550 5.1.1 no such user"));
  ASSERT_TRUE(script.add_reply("DATA:close"));
  EXPECT_EQ(decided(script, "RCPT", "TO:<a@b>"), "550 5.1.1 no such user");
  EXPECT_EQ(decided(script, "DATA"), "close");
  EXPECT_EQ(decided(script, "MAIL"), "");
  EXPECT_EQ(script.steps(), (std::set<std::string, std::less<>>{"DATA", "RCPT"}));
}

TEST(SinkScript, CountsOverAllConnections) {
  SinkScript script;
  ASSERT_TRUE(script.add_reply("RCPT*2:451 4.2.0 later"));
  ASSERT_TRUE(script.add_reply("RCPT*1:452 4.5.3 too many"));
  EXPECT_EQ(decided(script, "RCPT"), "451 4.2.0 later");
  EXPECT_EQ(decided(script, "RCPT"), "451 4.2.0 later");
  EXPECT_EQ(decided(script, "RCPT"), "452 4.5.3 too many");
  EXPECT_EQ(decided(script, "RCPT"), "");
}

TEST(SinkScript, LooksForTheTextInAnyCase) {
  SinkScript script;
  ASSERT_TRUE(script.add_reply("RCPT=Bob@*1:550 5.1.1 no"));
  EXPECT_EQ(decided(script, "RCPT", "TO:<alice@example.org>"), "");
  EXPECT_EQ(decided(script, "RCPT", "TO:<bob@example.org>"), "550 5.1.1 no");
  EXPECT_EQ(decided(script, "RCPT", "TO:<bob@example.org>"), "");
}

TEST(SinkScript, DelaysAndRepliesGoTogether) {
  SinkScript script;
  ASSERT_TRUE(script.add_delay("MESSAGE:2s"));
  ASSERT_TRUE(script.add_delay("CONNECT*1:300ms"));
  ASSERT_TRUE(script.add_delay("EHLO:1m"));
  ASSERT_TRUE(script.add_reply("MESSAGE*1:554"));
  EXPECT_EQ(decided(script, "MESSAGE"), "2000ms 554");
  EXPECT_EQ(decided(script, "MESSAGE"), "2000ms ");
  EXPECT_EQ(decided(script, "CONNECT"), "300ms ");
  EXPECT_EQ(decided(script, "CONNECT"), "");
  EXPECT_EQ(decided(script, "EHLO"), "60000ms ");
}

TEST(SinkScript, SaysWhatIsWrongWithARule) {
  for (const char* rule : {"", "RCPT", "WHAT:550 no", ":550 no", "RCPT*:550 no", "RCPT*x:550 no", "RCPT:",
                           "RCPT:250 fine", "RCPT:600 no", "RCPT:55", "RCPT:5500", "RCPT:550\tno", "RCPT:550-no",
                           "RCPT:hangup", "RCPT x:550 no"}) {
    SinkScript script;
    const auto added = script.add_reply(rule);
    ASSERT_FALSE(added) << rule;
    EXPECT_EQ(added.error().kind, Error::Kind::usage);
    EXPECT_TRUE(added.error().text.starts_with("'")) << added.error().text;
  }
  EXPECT_FALSE(SinkScript().add_reply("RCPT:550 " + std::string(600, 'x')));
  for (const char* rule : {"DATA:", "DATA:2", "DATA:s", "DATA:2h", "DATA:-1s", "DATA:1.5s", "DATA:99999999999999999999s",
                           "DATA:18446744073709551615ms", "DATA:86401s", "DATA:1441m", "DATA:close"}) {
    EXPECT_FALSE(SinkScript().add_delay(rule)) << rule;
  }
}

}  // namespace
}  // namespace mailchute
