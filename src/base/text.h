// SPDX-License-Identifier: GPL-3.0-or-later
// Text without locale: SMTP, header fields and file names are ASCII whatever the machine speaks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mailchute {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }

std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

// Without blanks, CR and LF at both ends.
std::string_view trim(std::string_view text);

// The parts between separators, empty ones included; "" has one part.
std::vector<std::string_view> split(std::string_view text, char separator);

// Digits only, no sign, no blanks; nothing on overflow.
std::optional<std::uint64_t> parse_number(std::string_view digits);

std::string to_hex(std::string_view octets);

// "2026-11-23 07:05:18", so many seconds east of UTC; and "2026-11-23T07:05:18.123Z".
std::string calendar_time(Time time, int utc_offset);
std::string iso_time(Time time);

// For one line on a terminal or in a log: control characters, backslash and octets that are not
// UTF-8 become \n, \t, \\ or \xHH.
std::string escaped(std::string_view text);

// The reverse of escaped(); nothing when an escape is malformed.
std::optional<std::string> unescaped(std::string_view text);

// "90", "15m", "4h", "5d" as people write and read spans: 5400 is "1h30m".
std::string format_seconds(std::uint64_t seconds);

}  // namespace mailchute
