// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/board.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>

#include "queue/queue_id.h"

namespace mailchute::relay {
namespace {

Board board() { return std::move(*Board::create()); }

// What another process writes before it dies by SIGKILL.
void write_and_die(const std::function<void()>& write) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    write();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

std::string digits(int number) {
  std::string id = std::to_string(number);
  return std::string(queue::kQueueIdLength - id.size(), '0') + id;
}

TEST(Board, ShowsWhatIsInHandAndWhatOfItWasSent) {
  Board it = board();
  EXPECT_TRUE(it.in_hand().empty());
  it.take(digits(1));
  it.take(digits(2));
  it.sent(digits(2));
  it.take(digits(3));
  it.drop(digits(1));
  const auto in_hand = it.in_hand();
  ASSERT_EQ(in_hand.size(), 2u);
  EXPECT_EQ(in_hand[0].id, digits(2));
  EXPECT_TRUE(in_hand[0].sent);
  EXPECT_EQ(in_hand[1].id, digits(3));
  EXPECT_FALSE(in_hand[1].sent);
}

TEST(Board, AMessageThatIsTakenAgainIsNotSentYet) {
  Board it = board();
  it.take(digits(1));
  it.sent(digits(1));
  it.drop(digits(1));
  it.take(digits(1));
  it.take(digits(1));
  ASSERT_EQ(it.in_hand().size(), 1u);
  EXPECT_FALSE(it.in_hand()[0].sent);
}

TEST(Board, WhatNobodyTookIsNotSentAndNotDropped) {
  Board it = board();
  it.sent(digits(1));
  it.drop(digits(2));
  EXPECT_TRUE(it.in_hand().empty());
}

TEST(Board, KeepsWhatItHasRoomFor) {
  Board it = board();
  for (int i = 0; i < 300; ++i) it.take(digits(i));
  EXPECT_EQ(it.in_hand().size(), 256u);
  it.sent(digits(299));
  it.drop(digits(299));
  it.drop(digits(0));
  it.take(digits(300));
  EXPECT_EQ(it.in_hand().size(), 256u);
}

TEST(Board, TellsWhatIsTouchedInnermostFirst) {
  Board it = board();
  EXPECT_EQ(it.current(), "");
  {
    const Board::Touch outer(it, digits(1));
    EXPECT_EQ(it.current(), digits(1));
    {
      const Board::Touch inner(it, digits(2));
      EXPECT_EQ(it.current(), digits(2));
    }
    EXPECT_EQ(it.current(), digits(1));
  }
  EXPECT_EQ(it.current(), "");
}

TEST(Board, TouchesThatNestTooDeeplyAreNotRememberedButCounted) {
  Board it = board();
  const std::function<void(int)> nest = [&](int depth) {
    const Board::Touch touch(it, digits(depth));
    if (depth < 20) nest(depth + 1);
    EXPECT_EQ(it.current(), digits(std::min(depth, 8)));
  };
  nest(1);
  EXPECT_EQ(it.current(), "");
}

TEST(Board, OutlivesTheProcessThatWroteIt) {
  Board it = board();
  write_and_die([&] {
    it.take(digits(1));
    it.take(digits(2));
    it.sent(digits(2));
    const Board::Touch touch(it, digits(3));
    ::kill(::getpid(), SIGKILL);
  });
  ASSERT_EQ(it.in_hand().size(), 2u);
  EXPECT_FALSE(it.in_hand()[0].sent);
  EXPECT_TRUE(it.in_hand()[1].sent);
  EXPECT_EQ(it.current(), digits(3));
}

TEST(Board, WhatIsNoQueueIdIsNeverTold) {
  Board it = board();
  it.take("../../etc/passwd");
  it.take("");
  const Board::Touch touch(it, "a\nb");
  EXPECT_TRUE(it.in_hand().empty());
  EXPECT_EQ(it.current(), "");
}

// Read while another process writes as fast as it can, and after it was killed somewhere in it.
TEST(Board, AReaderSeesWholeEntriesWheneverTheWriterIsKilled) {
  for (int round = 0; round < 50; ++round) {
    Board it = board();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (int i = 0;; i = (i + 1) % 1000) {
        const Board::Touch touch(it, digits(i));
        it.take(digits(i));
        it.sent(digits(i));
        it.drop(digits(i));
      }
    }
    while (it.current().empty()) {}
    for (int reading = 0; reading < 100; ++reading) it.in_hand();
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const auto in_hand = it.in_hand();
    ASSERT_LE(in_hand.size(), 1u);
    if (in_hand.empty() || it.current().empty()) continue;
    EXPECT_EQ(in_hand[0].id, it.current());
  }
}

}  // namespace
}  // namespace mailchute::relay
