// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/pager.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "unit/queue/fixture.h"

namespace mailchute::mailchuted {
namespace {

using Event = Announcement::Event;

class PagerTest : public ::testing::Test {
 protected:
  PagerTest() {
    settings.hostname = "web1.example.org";
    settings.alarm.command = {"/usr/bin/env"};
  }
  void add(Event event, const std::string& host, const std::string& reason = "refused") {
    pager.add({event, {host, Time(Milliseconds(1'800'000'000'123)), reason}}, {{}, 3, 2, 1});
  }
  void go_on() { pager.go_on(settings, log, Steady::now()); }
  void run() {
    go_on();
    while (pager.deadline()) {
      ::poll(nullptr, 0, 2);
      go_on();
    }
  }
  std::size_t logged(std::string_view text) const { return log.count(text); }

  config::Settings settings;
  queue::LogLines log;
  Pager pager;
};

TEST_F(PagerTest, TellsTheCommandWhatHasHappened) {
  add(Event::broken, "mail:25", "454 \"later\"");
  run();
  for (const char* const line :
       {"MAILCHUTE_EVENT=broken", "MAILCHUTE_SMART_HOST=mail:25", "MAILCHUTE_SINCE=2027-01-15T08:00:00.123Z",
        "MAILCHUTE_REASON=454 \\\"later\\\"", "MAILCHUTE_WAITING=3", "MAILCHUTE_HELD=2", "MAILCHUTE_FAILED=1",
        "MAILCHUTE_HOSTNAME=web1.example.org", "PATH=/usr/local/sbin:"}) {
    EXPECT_EQ(logged(line), 1u) << line;
  }
  EXPECT_EQ(logged("alarm-command event=broken status=0"), 1u);
  EXPECT_EQ(logged("said="), 9u);
}

TEST_F(PagerTest, RunsOneAtATimeAndOnlyTheLastAboutTheSameThing) {
  settings.alarm.command = {"/bin/sh", "-c", "echo $MAILCHUTE_EVENT-$MAILCHUTE_SMART_HOST"};
  add(Event::broken, "a:25");
  go_on();
  add(Event::working, "a:25");
  add(Event::broken, "b:25");
  add(Event::broken, "a:25");
  run();
  EXPECT_EQ(logged("said=broken-a:25"), 2u);
  EXPECT_EQ(logged("said=broken-b:25"), 1u);
  EXPECT_EQ(logged("said="), 3u);
}

TEST_F(PagerTest, WithoutACommandNothingIsRunAndNothingWaits) {
  settings.alarm.command.clear();
  add(Event::broken, "a:25");
  go_on();
  EXPECT_FALSE(pager.deadline());
  settings.alarm.command = {"/usr/bin/env"};
  go_on();
  EXPECT_FALSE(pager.deadline());
}

TEST_F(PagerTest, SaysInOneLineWhyACommandCannotBeRun) {
  settings.alarm.command = {"/nowhere/page"};
  add(Event::broken, "a:25");
  run();
  EXPECT_EQ(logged("alarm-command event=broken status=126 reason=\"alarm.command: run /nowhere/page: "
                   "No such file or directory\""), 1u);
  EXPECT_EQ(logged("said="), 0u);
}

TEST_F(PagerTest, LogsACommandThatFails) {
  settings.alarm.command = {"/bin/sh", "-c", "echo no modem; exit 3"};
  add(Event::broken, "a:25");
  run();
  EXPECT_EQ(logged("alarm-command event=broken said=\"no modem\""), 1u);
  EXPECT_EQ(logged("alarm-command event=broken status=3"), 1u);
}

TEST_F(PagerTest, LogsACommandThatTakesTooLong) {
  settings.alarm.command = {"/bin/sleep", "1000"};
  settings.alarm.timeout = Seconds(0);
  add(Event::broken, "a:25");
  run();
  EXPECT_EQ(logged("alarm-command event=broken signal=15 reason=\"alarm.timeout is over\""), 1u);
}

}  // namespace
}  // namespace mailchute::mailchuted
