// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/date.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace mailchute::mail {
namespace {

namespace chrono = std::chrono;

constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Calendar {
  int year, month, day, weekday, hour, minute, second;
};

Calendar calendar_of(Time time) {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(chrono::floor<Seconds>(time - day));
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(chrono::weekday(day).c_encoding()),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count())};
}

}  // namespace

std::string format_date(Time time, int utc_offset) {
  const int minutes = utc_offset / 60;
  const Calendar c = calendar_of(time + chrono::minutes(minutes));
  const int zone = std::abs(minutes);
  char text[96];
  std::snprintf(text, sizeof text, "%s, %d %s %04d %02d:%02d:%02d %c%02d%02d", kDays[c.weekday],
                c.day, kMonths[c.month - 1], c.year, c.hour, c.minute, c.second,
                minutes < 0 ? '-' : '+', zone / 60, zone % 60);
  return text;
}

std::string format_compact_date(Time time) {
  const Calendar c = calendar_of(time);
  char text[96];
  std::snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d", c.year, c.month, c.day, c.hour,
                c.minute, c.second);
  return text;
}

}  // namespace mailchute::mail
