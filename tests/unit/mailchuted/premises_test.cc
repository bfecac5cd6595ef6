// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/premises.h"

#include <gtest/gtest.h>

#include "queue/folders.h"
#include "support/temporary_folder.h"

namespace mailchute::mailchuted {
namespace {

class PremisesTest : public ::testing::Test {
 protected:
  static config::Settings settings(const std::string& queue, const std::string& run) {
    config::Settings made;
    made.queue_directory = queue;
    made.run_directory = run;
    return made;
  }
  static bool exists(const std::string& path) { return std::filesystem::exists(path); }
  static bool locked(const std::string& queue) { return !queue::lock(queue, Milliseconds(0)); }

  support::TemporaryFolder queue, other_queue, run, other_run;
  config::Settings first = settings(queue.path(), run.path());
  config::Settings second = settings(other_queue.path(), other_run.path());
  Premises premises;
};

TEST_F(PremisesTest, HoldsTheLockAndListens) {
  ASSERT_TRUE(premises.enter(first, Milliseconds(0)));
  EXPECT_TRUE(locked(queue.path()));
  EXPECT_TRUE(exists(first.control_socket()));
  EXPECT_TRUE(premises.socket(first.control_socket()));
  EXPECT_FALSE(premises.socket(second.control_socket()));
}

TEST_F(PremisesTest, EnteringAgainChangesNothing) {
  ASSERT_TRUE(premises.enter(first, Milliseconds(0)));
  struct stat before {}, after {};
  ::lstat(first.control_socket().c_str(), &before);
  ASSERT_TRUE(premises.enter(settings(queue.path() + "/./", run.path()), Milliseconds(0)));
  ::lstat(first.control_socket().c_str(), &after);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(PremisesTest, ASocketThatLostItsPathIsMadeAgain) {
  ASSERT_TRUE(premises.enter(first, Milliseconds(0)));
  std::filesystem::remove_all(run.path());
  const auto entered = premises.enter(first, Milliseconds(0));
  ASSERT_TRUE(entered) << entered.error().text;
  EXPECT_TRUE(exists(first.control_socket()));
}

TEST_F(PremisesTest, GivesBackWhatNobodyUses) {
  ASSERT_TRUE(premises.enter(first, Milliseconds(0)));
  ASSERT_TRUE(premises.enter(second, Milliseconds(0)));
  const Places old(first), present(second);
  premises.leave_all_but({&old, &present});
  EXPECT_TRUE(locked(queue.path()) && locked(other_queue.path()));
  premises.leave_all_but({&present});
  EXPECT_FALSE(locked(queue.path()));
  EXPECT_FALSE(exists(first.control_socket()));
  EXPECT_TRUE(locked(other_queue.path()));
  EXPECT_TRUE(exists(second.control_socket()));
}

TEST_F(PremisesTest, AQueueInUseIsNotEntered) {
  const auto held = queue::lock(queue.path(), Milliseconds(0));
  const auto entered = premises.enter(first, Milliseconds(0));
  ASSERT_FALSE(entered);
  EXPECT_FALSE(exists(first.control_socket()));
}

}  // namespace
}  // namespace mailchute::mailchuted
