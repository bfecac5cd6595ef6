// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/report.h"

#include <gtest/gtest.h>

#include <vector>

namespace mailchute::sendmail {
namespace {

class Lines : public Log {
 public:
  void write(Severity severity, std::string_view line) override {
    lines.push_back(std::to_string(static_cast<int>(severity)) + " " + std::string(line));
  }
  std::vector<std::string> lines;
};

TEST(Report, ProblemsGoToTheTerminalAndTheLog) {
  Lines terminal;
  Lines log;
  Report report(terminal, log);
  report.problem("broken");
  report.warning("odd");
  EXPECT_EQ(terminal.lines, (std::vector<std::string>{"3 broken", "4 odd"}));
  EXPECT_EQ(log.lines, terminal.lines);
}

TEST(Report, NotesGoToTheTerminalOnly) {
  Lines terminal;
  Lines log;
  Report(terminal, log).note("queued");
  EXPECT_EQ(terminal.lines.size(), 1u);
  EXPECT_TRUE(log.lines.empty());
}

TEST(Report, AnErrorNamesItsExitStatus) {
  Lines terminal;
  Lines log;
  EXPECT_EQ(Report(terminal, log).failed({Error::Kind::io, "read: Input/output error"}), 74);
  EXPECT_EQ(log.lines, (std::vector<std::string>{"3 read: Input/output error"}));
}

}  // namespace
}  // namespace mailchute::sendmail
