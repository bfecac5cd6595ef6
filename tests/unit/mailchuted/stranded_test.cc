// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/stranded.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "unit/queue/fixture.h"

namespace mailchute::mailchuted {
namespace {

using By = queue::Queue::By;
using Count = Stranded::Count;

class StrandedTest : public ::testing::Test {
 protected:
  std::string hold(By by) {
    const auto id = it.submit(queue::envelope_to({"a@a"}));
    EXPECT_TRUE(it.queue.adopt(1));
    EXPECT_TRUE(it.queue.set_aside(id, "a reason", by));
    return id;
  }
  // As if nothing had been changed there for a while.
  void settle(const char* folder) {
    const timespec long_ago{1'000'000'000, 5};
    const timespec times[] = {long_ago, long_ago};
    ASSERT_EQ(::utimensat(AT_FDCWD, (it.folder / folder).c_str(), times, 0), 0);
  }

  queue::QueueFixture it;
  Stranded stranded{it.folder.path()};
};

TEST_F(StrandedTest, ThereAreNoneInAnEmptyQueue) { EXPECT_EQ(stranded.count(), Count{}); }

TEST_F(StrandedTest, AreThoseThatTheDaemonHoldsNotThoseThatAnAdministratorDoes) {
  hold(By::hand);
  EXPECT_EQ(stranded.count(), Count{});
  for (int i = 0; i < 3; ++i) hold(By::daemon);
  EXPECT_EQ(stranded.count(), (Count{3, 0}));
}

TEST_F(StrandedTest, OneThatAnAdministratorHeldCountsWhenTheDaemonHoldsItLater) {
  const auto id = hold(By::hand);
  ASSERT_TRUE(it.queue.release(id));
  ASSERT_TRUE(it.queue.set_aside(id, "three workers died"));
  EXPECT_EQ(stranded.count(), (Count{1, 0}));
  ASSERT_TRUE(it.queue.release(id));
  ASSERT_TRUE(it.queue.set_aside(id, "for a while", By::hand));
  ASSERT_TRUE(it.queue.release(id));
  auto entry = it.queue.load(id);
  ASSERT_TRUE(entry);
  ASSERT_TRUE(it.queue.hold(*entry, "550 5.7.1 not you"));
  EXPECT_EQ(stranded.count(), (Count{1, 0}));
}

TEST_F(StrandedTest, AreNotCountedAnewWhereNothingHasChanged) {
  const auto id = hold(By::daemon);
  settle("held");
  EXPECT_EQ(stranded.count(), (Count{1, 0}));
  ASSERT_TRUE(it.queue.release(id));
  settle("held");  // which hides the change
  EXPECT_EQ(stranded.count(), (Count{1, 0}));
}

TEST_F(StrandedTest, AreCountedAnewWhereTheFolderHasChangedOrJustMay) {
  const auto first = hold(By::daemon);
  EXPECT_EQ(stranded.count(), (Count{1, 0}));
  settle("held");
  EXPECT_EQ(stranded.count(), (Count{1, 0}));
  const auto second = hold(By::daemon);
  EXPECT_EQ(stranded.count(), (Count{2, 0}));
  ASSERT_TRUE(it.queue.release(first));
  ASSERT_TRUE(it.queue.release(second));
  EXPECT_EQ(stranded.count(), Count{});
}

}  // namespace
}  // namespace mailchute::mailchuted
