// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/status_text.h"

#include <cstdio>

#include "base/text.h"

namespace mailchute::mailchuted {
namespace {

std::string clock_time(Time at, int utc_offset) {
  const auto local = std::chrono::floor<Seconds>(at) + Seconds(utc_offset);
  const std::chrono::hh_mm_ss time(local - std::chrono::floor<std::chrono::days>(local));
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return text;
}

}  // namespace

std::string status_text(const relay::DeliveryStatus& status, int utc_offset) {
  const std::string waiting = std::to_string(status.waiting) + " waiting";
  if (status.paused_until) {
    return "smart host " + status.smart_host + " paused until " +
           clock_time(*status.paused_until, utc_offset) + ", " + waiting + ": " +
           escaped(status.last_error);
  }
  if (status.in_flight != 0) {
    return "delivering to " + status.smart_host + ", " + waiting + ", " +
           std::to_string(status.in_flight) + " in flight";
  }
  return (status.waiting == 0 ? "nothing waiting" : waiting) + ", smart host " + status.smart_host;
}

}  // namespace mailchute::mailchuted
