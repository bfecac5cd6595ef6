// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/handed_over.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace mailchute::sys {
namespace {

void announce(const std::string& pid, const std::string& count) {
  ::setenv("LISTEN_PID", pid.c_str(), 1);
  ::setenv("LISTEN_FDS", count.c_str(), 1);
  ::setenv("LISTEN_FDNAMES", "smtp", 1);
}

TEST(HandedOver, IsNothingWithoutWordOfIt) { EXPECT_TRUE(handed_over().empty()); }

TEST(HandedOver, IsNothingThatIsForAnotherProcess) {
  announce(std::to_string(::getppid()), "1");
  EXPECT_TRUE(handed_over().empty());
  EXPECT_EQ(::getenv("LISTEN_FDS"), nullptr);
}

TEST(HandedOver, IsNothingWhereNobodyCanCount) {
  for (const char* const count : {"", "-1", "x", "1000000"}) {
    announce(std::to_string(::getpid()), count);
    EXPECT_TRUE(handed_over().empty()) << count;
  }
}

TEST(HandedOver, StartsAtThreeAndIsKeptFromChildren) {
  ASSERT_EQ(::fcntl(3, F_GETFD), -1) << "the test itself has descriptor 3";
  ASSERT_EQ(::open("/dev/null", O_RDONLY), 3);
  announce(std::to_string(::getpid()), "1");
  const auto sockets = handed_over();
  ASSERT_EQ(sockets.size(), 1u);
  EXPECT_EQ(sockets[0].get(), 3);
  EXPECT_EQ(::fcntl(3, F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::getenv("LISTEN_PID"), nullptr);
  EXPECT_EQ(::getenv("LISTEN_FDNAMES"), nullptr);
}

}  // namespace
}  // namespace mailchute::sys
