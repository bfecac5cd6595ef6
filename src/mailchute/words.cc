// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/words.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "base/text.h"
#include "mail/plain_text.h"
#include "sys/clock.h"
#include "sys/identity.h"

namespace mailchute {
namespace {

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

std::string short_age(Time since, Time now) {
  const auto seconds = std::max<Seconds::rep>(std::chrono::floor<Seconds>(now - since).count(), 0);
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 86400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

std::string short_size(std::uint64_t octets) {
  if (octets < 1000) return std::to_string(octets);
  double size = static_cast<double>(octets);
  const char* unit = " KMGTPE";
  while (size >= 999.5) {
    size /= 1024;
    ++unit;
  }
  std::array<char, 32> text;
  const int length =
      std::snprintf(text.data(), text.size(), size < 9.95 ? "%.1f%c" : "%.0f%c", size, *unit);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string local_time(Time time) { return calendar_time(time, sys::utc_offset(time)); }

std::string user_name(std::uint32_t uid) {
  static std::map<std::uint32_t, std::string> known;  // the user database may be far away
  auto found = known.find(uid);
  if (found == known.end()) found = known.emplace(uid, sys::account_of(uid).login).first;
  return found->second;
}

std::string shown(std::string_view text) { return mail::one_line(escaped(text)); }

std::string in_column(std::string_view text, std::size_t width, bool cut) {
  std::string out = cut ? mail::shortened(text, width) : std::string(text);
  const std::size_t length = characters(out);
  return out.append(width - std::min(width, length), ' ');
}

std::optional<std::size_t> terminal_width(int fd) {
  winsize size{};
  if (::isatty(fd) == 0) return std::nullopt;
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace mailchute
