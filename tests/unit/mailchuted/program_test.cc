// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/program.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdint>
#include <sstream>

namespace mailchute::mailchuted {
namespace {

struct Seen {
  std::string output;
  int status = -1;
  bool timed_out = false;
};

// As its owner does, but for signals: a look every few milliseconds.
Seen run(const std::vector<std::string>& command, const std::vector<std::string>& environment = {},
        Seconds timeout = Seconds(30)) {
  auto program = Program::start(command, environment, timeout, Steady::now());
  Seen result;
  if (!program) return result;
  for (std::optional<int> status; !status;) {
    pollfd readable{program->output(), POLLIN, 0};
    ::poll(&readable, 1, 5);
    result.output += program->read();
    program->keep_time(Steady::now());
    status = program->ended();
    if (status) result.status = *status;
  }
  result.output += program->read();
  result.timed_out = program->timed_out();
  return result;
}

std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script, "sh"}; }

TEST(Program, GetsItsArgumentsAsTheyAre) {
  EXPECT_EQ(run({"/bin/echo", "a b", "$HOME", "*", ""}).output, "a b $HOME * \n");
}

TEST(Program, HasOnlyTheEnvironmentItIsGiven) {
  EXPECT_EQ(run({"/usr/bin/env"}, {"A=1", "B=a b"}).output, "A=1\nB=a b\n");
}

TEST(Program, HasNothingToReadAndNothingElseOpen) {
  const Seen it = run(shell("read line || echo nothing; echo wrong >&2; for fd in /proc/self/fd/*; do echo ${fd##*/}; done"),
                     {"PATH=/bin"});
  EXPECT_TRUE(it.output.starts_with("nothing\nwrong\n0\n1\n2\n")) << it.output;
  EXPECT_LT(it.output.size(), 30u) << it.output;
}

TEST(Program, HasTheUsualSignals) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set, before;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set, &before);
  const Seen it = run({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"});
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  std::istringstream output(it.output);
  std::string blocked, ignored;
  std::uint64_t signals = 0;
  ASSERT_TRUE(output >> blocked >> std::hex >> signals);
  EXPECT_EQ(signals, 0u) << it.output;
  ASSERT_TRUE(output >> ignored >> signals);
  EXPECT_EQ(signals & 0x7fffffff, 0u) << it.output << "the C library keeps 32 and 33 to itself";
}

TEST(Program, TellsHowItEnded) {
  EXPECT_EQ(WEXITSTATUS(run(shell("exit 7")).status), 7);
  EXPECT_EQ(WTERMSIG(run(shell("kill -USR1 $$")).status), SIGUSR1);
}

TEST(Program, OneThatCannotBeRunSaysWhy) {
  const Seen it = run({"/nowhere/page"});
  EXPECT_EQ(WEXITSTATUS(it.status), 126);
  EXPECT_EQ(it.output, "No such file or directory");
}

TEST(Program, OutputBeyondSomeLinesIsThrownAwayAndDoesNotStopIt) {
  const Seen it = run(shell("i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done"));
  EXPECT_EQ(it.output.size(), 4096u);
  EXPECT_EQ(it.status, 0);
}

// The pipe ends with the last process that holds it.
void expect_gone(int output) {
  pollfd readable{output, POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, 10'000), 1);
  EXPECT_NE(readable.revents & POLLHUP, 0);
}

TEST(Program, WhatItLeftRunningGoesWithIt) {
  auto program = Program::start(shell("sleep 1000 & exit 0"), {"PATH=/bin:/usr/bin"}, Seconds(30), Steady::now());
  ASSERT_TRUE(program);
  while (!program->ended()) ::poll(nullptr, 0, 2);
  expect_gone(program->output());
}

TEST(Program, OneThatTakesTooLongIsEndedWithAllItStarted) {
  auto program = Program::start(shell("trap '' TERM; sleep 1000 & echo up; while :; do sleep 1000; done"),
                                {"PATH=/bin:/usr/bin"}, Seconds(10), Steady::now());
  ASSERT_TRUE(program);
  for (std::string said; said != "up\n"; said += program->read()) ::poll(nullptr, 0, 2);
  program->keep_time(Steady::now());
  EXPECT_FALSE(program->timed_out());
  program->keep_time(program->deadline());
  EXPECT_TRUE(program->timed_out());
  EXPECT_FALSE(program->ended()) << "it ignores SIGTERM";
  program->keep_time(program->deadline());
  std::optional<int> status;
  while (!(status = program->ended())) ::poll(nullptr, 0, 2);
  EXPECT_EQ(WTERMSIG(*status), SIGKILL);
  expect_gone(program->output());
}

TEST(Program, OneThatObeysIsEndedBySigterm) {
  const Seen it = run(shell("while :; do sleep 1000; done"), {"PATH=/bin:/usr/bin"}, Seconds(0));
  EXPECT_EQ(WTERMSIG(it.status), SIGTERM);
  EXPECT_TRUE(it.timed_out);
}

}  // namespace
}  // namespace mailchute::mailchuted
