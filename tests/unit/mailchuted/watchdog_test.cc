// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/watchdog.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace mailchute::mailchuted {
namespace {

using Stage = WorkerProcess::Stage;

struct Lines : Log {
  void write(Severity, std::string_view line) override { text += std::string(line) + "\n"; }
  std::string text;
};

class WatchdogTest : public ::testing::Test {
 protected:
  ~WatchdogTest() override {
    if (worker.pid <= 0) return;
    ::kill(worker.pid, SIGKILL);
    ::waitpid(worker.pid, nullptr, 0);
  }
  // Sleeps, as one that hangs; whether or not it is stopped besides.
  void start(bool stopped) {
    worker.pid = ::fork();
    if (worker.pid == 0) {
      for (;;) ::pause();
    }
    if (stopped) ::kill(worker.pid, SIGSTOP);
  }
  int signal_that_ended_it() {
    int status = 0;
    ::waitpid(std::exchange(worker.pid, -1), &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  sys::Notify nobody;
  Watchdog watchdog{nobody};
  Lines log;
  WorkerProcess worker{-1, std::move(*relay::Board::create()), std::move(Leash::make()->keeper),
                       Places(config::Settings())};
};

TEST_F(WatchdogTest, AWorkerMayBeSilentForAMinuteAndLongerBeforeItWorks) {
  worker.stage = Stage::working;
  EXPECT_EQ(watchdog.deadline(worker) - worker.heard, Seconds(60));
  EXPECT_EQ(watchdog.pulse(), Seconds(15));
  worker.stage = Stage::beginning;
  EXPECT_EQ(watchdog.deadline(worker) - worker.heard, Seconds(300));
}

TEST_F(WatchdogTest, OneThatIsStuckIsEndedAlsoIfItIsStopped) {
  for (const bool stopped : {false, true}) {
    start(stopped);
    worker.stage = Stage::working;
    worker.condemned.reset();
    watchdog.look_at(worker, worker.heard + Milliseconds(59999), log);
    EXPECT_FALSE(worker.condemned);
    watchdog.look_at(worker, worker.heard + Seconds(60), log);
    EXPECT_TRUE(worker.condemned);
    EXPECT_EQ(signal_that_ended_it(), SIGABRT);
    EXPECT_NE(log.text.find("silent_for=60s"), std::string::npos) << log.text;
  }
}

TEST_F(WatchdogTest, OneThatDoesNotDieOfItIsKilled) {
  start(false);
  worker.condemned = Steady::now();
  watchdog.look_at(worker, *worker.condemned, log);
  EXPECT_EQ(signal_that_ended_it(), SIGKILL);
  EXPECT_EQ(log.text, "") << "it was said before";
}

TEST_F(WatchdogTest, SignsAreForAManagerThatWantsThem) {
  EXPECT_FALSE(watchdog.next_sign());
  watchdog.sign(true, Steady::now());
}

}  // namespace
}  // namespace mailchute::mailchuted
