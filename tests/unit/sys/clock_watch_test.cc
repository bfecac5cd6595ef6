// SPDX-License-Identifier: GPL-3.0-or-later
// A test sets no clock and suspends no machine: what can be shown is that nothing else counts as that.
#include "sys/clock_watch.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace mailchute::sys {
namespace {

TEST(ClockWatch, TimeThatPassesIsNoNews) {
  auto watch = ClockWatch::open();
  ASSERT_TRUE(watch) << watch.error().text;
  pollfd readable{watch->fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&readable, 1, 20), 0);
  EXPECT_EQ(watch->drain(), ClockWatch::News::none);
}

}  // namespace
}  // namespace mailchute::sys
