// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/status_text.h"

#include <gtest/gtest.h>

namespace mailchute::mailchuted {
namespace {

relay::DeliveryStatus status() {
  relay::DeliveryStatus status;
  status.smart_host = "mail.example.org:587";
  return status;
}

TEST(StatusText, SaysWhatIsGoingOn) {
  auto it = status();
  EXPECT_EQ(status_text(it, 0), "nothing waiting, smart host mail.example.org:587");
  it.waiting = 12;
  EXPECT_EQ(status_text(it, 0), "12 waiting, smart host mail.example.org:587");
  it.in_flight = 3;
  EXPECT_EQ(status_text(it, 0), "delivering to mail.example.org:587, 12 waiting, 3 in flight");
}

TEST(StatusText, SaysUntilWhenTheSmartHostIsPausedAndWhy) {
  auto it = status();
  it.waiting = 2;
  it.paused_for = Seconds(58);
  it.paused_until = Time(Seconds(86400 * 20000 + 3600 * 23 + 60 * 59 + 7));
  it.last_error = "connection refused\nREADY=1";
  EXPECT_EQ(status_text(it, 7200),
            "smart host mail.example.org:587 paused until 01:59:07, 2 waiting: "
            "connection refused\\nREADY=1");
}

}  // namespace
}  // namespace mailchute::mailchuted
