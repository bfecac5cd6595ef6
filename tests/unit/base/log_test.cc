// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/log.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace mailchute {
namespace {

TEST(Event, IsOneLineOfPairs) {
  const Event event = Event("delivered").with("id", "1a2b").with("to", "<x@y>").with("size", 1234);
  EXPECT_EQ(event.text(), "delivered id=1a2b to=<x@y> size=1234");
  EXPECT_EQ(event.severity(), Severity::info);
}

TEST(Event, QuotesWhatWouldBeReadAsSomethingElse) {
  EXPECT_EQ(Event("e").with("k", "two words").text(), "e k=\"two words\"");
  EXPECT_EQ(Event("e").with("k", "").text(), "e k=\"\"");
  EXPECT_EQ(Event("e").with("k", "a=b").text(), "e k=\"a=b\"");
  EXPECT_EQ(Event("e").with("k", "say \"hi\"").text(), "e k=\"say \\\"hi\\\"\"");
}

TEST(Event, NothingBreaksOutOfItsLine) {
  EXPECT_EQ(Event("e").with("k", "x\nfake id=1").text(), "e k=\"x\\nfake id=1\"");
  EXPECT_EQ(Event("e").with("k", "\x1b[0m").text(), "e k=\"\\x1b[0m\"");
  EXPECT_EQ(Event("e").with("k", "\\").text(), "e k=\"\\\\\"");
}

class Lines : public Log {
 public:
  void write(Severity severity, std::string_view line) override {
    lines.emplace_back(severity, line);
  }
  std::vector<std::pair<Severity, std::string>> lines;
};

TEST(Log, WritesAnEventWithItsSeverity) {
  Lines log;
  log(Event("trouble", Severity::warning).with("n", 0));
  ASSERT_EQ(log.lines.size(), 1u);
  EXPECT_EQ(log.lines[0].first, Severity::warning);
  EXPECT_EQ(log.lines[0].second, "trouble n=0");
}

}  // namespace
}  // namespace mailchute
