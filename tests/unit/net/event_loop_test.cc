// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/event_loop.h"

#include <fcntl.h>

#include <optional>

#include "unit/net/fixture.h"

namespace mailchute::net {
namespace {

using EventLoopTest = NetTest;

struct Pipe {
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void put(std::string_view octets) {
    ASSERT_EQ(::write(ends[1], octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
  }
  char take() {
    char octet = 0;
    EXPECT_EQ(::read(ends[0], &octet, 1), 1);
    return octet;
  }

  int ends[2];
};

TEST_F(EventLoopTest, EndsWhenNothingIsLeftToWaitFor) {
  loop.run();
  loop.run();
}

TEST_F(EventLoopTest, RunsPostedTasksInTheirOrderAndNotBefore) {
  std::string order;
  loop.post([&] {
    order += 'a';
    loop.post([&] { order += 'c'; });
  });
  loop.post([&] { order += 'b'; });
  EXPECT_EQ(order, "");
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST_F(EventLoopTest, StopsAndGoesOnLater) {
  int count = 0;
  loop.post([&] {
    ++count;
    loop.stop();
  });
  loop.post([&] { ++count; });
  loop.run();
  EXPECT_EQ(count, 1);
  loop.run();
  EXPECT_EQ(count, 2);
}

TEST_F(EventLoopTest, TimerFiresOnce) {
  int fired = 0;
  Timer timer(loop);
  timer.start(Milliseconds(1), [&] { ++fired; });
  loop.run();
  EXPECT_EQ(fired, 1);
}

TEST_F(EventLoopTest, TimersFireInTheOrderOfTheirSpans) {
  std::string order;
  Timer late(loop), soon(loop);
  late.start(Milliseconds(20), [&] { order += 'b'; });
  soon.start(Milliseconds(1), [&] { order += 'a'; });
  loop.run();
  EXPECT_EQ(order, "ab");
}

TEST_F(EventLoopTest, StartingAgainForgetsTheEarlierCall) {
  std::string fired;
  Timer timer(loop);
  timer.start(Milliseconds(0), [&] { fired += "early"; });
  timer.start(Milliseconds(1), [&] { fired += "late"; });
  loop.run();
  EXPECT_EQ(fired, "late");
}

TEST_F(EventLoopTest, TimerMayStartItselfAgain) {
  int fired = 0;
  Timer timer(loop);
  std::function<void()> again = [&] {
    if (++fired < 3) timer.start(Milliseconds(0), again);
  };
  timer.start(Milliseconds(0), again);
  loop.run();
  EXPECT_EQ(fired, 3);
}

TEST_F(EventLoopTest, CancelledTimerKeepsNothingAlive) {
  const auto held = std::make_shared<int>();
  Timer timer(loop);
  timer.start(Seconds(3600), [held] {});
  timer.cancel();
  EXPECT_EQ(held.use_count(), 1);
  loop.run();
}

TEST_F(EventLoopTest, ExpiredTimerCanStillBeForgotten) {
  int fired = 0;
  std::optional<Timer> first(loop), second(loop);
  first.emplace(loop).start(Milliseconds(0), [&] {
    ++fired;
    second.reset();
  });
  second.emplace(loop).start(Milliseconds(0), [&] {
    ++fired;
    first.reset();
  });
  loop.run();
  EXPECT_EQ(fired, 1);
}

TEST_F(EventLoopTest, TimerMayBeDestroyedInItsOwnCall) {
  auto timer = std::make_unique<Timer>(loop);
  std::string kept = "captured and still there";
  timer->start(Milliseconds(0), [&timer, kept, this] {
    timer.reset();
    EXPECT_EQ(kept, "captured and still there");
    stop();
  });
  run();
  EXPECT_FALSE(timer);
}

TEST_F(EventLoopTest, LongestSpanIsNoTrouble) {
  Timer timer(loop);
  timer.start(Milliseconds::max(), [] { FAIL(); });
  settle();
}

TEST_F(EventLoopTest, ReadableWatchCallsUntilAllHasBeenRead) {
  Pipe pipe;
  pipe.put("abc");
  std::string taken;
  ReadableWatch watch(loop, pipe.ends[0], [&] {
    taken += pipe.take();
    if (taken.size() == 3) loop.post([this] { stop(); });
  });
  EXPECT_EQ(taken, "");
  run();
  EXPECT_EQ(taken, "abc");
  pipe.put("d");
  taken = "xx";
  run();
  EXPECT_EQ(taken, "xxd");
}

TEST_F(EventLoopTest, WatchMayBeDestroyedInItsOwnCallAndLeavesTheDescriptorOpen) {
  Pipe pipe;
  pipe.put("a");
  std::optional<ReadableWatch> watch;
  int calls = 0;
  watch.emplace(loop, pipe.ends[0], [&] {
    ++calls;
    watch.reset();
  });
  loop.run();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(pipe.take(), 'a');
}

TEST_F(EventLoopTest, DestroyedWatchDoesNotHoldTheLoop) {
  Pipe pipe;
  {
    ReadableWatch watch(loop, pipe.ends[0], [] { FAIL(); });
  }
  pipe.put("a");
  loop.run();
}

TEST_F(EventLoopTest, WritableWatchCallsWhenThereIsRoom) {
  Pipe pipe;
  std::optional<WritableWatch> watch;
  bool writable = false;
  watch.emplace(loop, pipe.ends[1], [&] {
    writable = true;
    watch.reset();
  });
  loop.run();
  EXPECT_TRUE(writable);
}

TEST_F(EventLoopTest, LoopMayEndWithTimersAndTasksPending) {
  const auto held = std::make_shared<int>();
  {
    EventLoop other;
    Timer timer(other);
    timer.start(Seconds(10), [held] {});
    other.post([held] {});
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace mailchute::net
