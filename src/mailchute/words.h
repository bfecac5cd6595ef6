// SPDX-License-Identifier: GPL-3.0-or-later
// Times, sizes and other people's text as an administrator reads them on a terminal, and times as
// programs read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace mailchute {

// "45s", "3m", "2h", "5d": the largest unit, rounded down; 0s for the future.
std::string short_age(Time since, Time now);
// "387", "1.2K", "34K", "5.6M": octets in powers of 1024.
std::string short_size(std::uint64_t octets);
// "2026-11-23 01:02:03" in the machine's zone.
std::string local_time(Time time);
// "root", or its number where it has no name.
std::string user_name(std::uint32_t uid);

// What others have written, in one line without anything that a terminal obeys.
std::string shown(std::string_view text);
// Filled up with blanks, or cut with "..." where `cut` says so. Characters are counted, not octets.
std::string in_column(std::string_view text, std::size_t width, bool cut);

// How wide the terminal on this descriptor is; nothing where it is none.
std::optional<std::size_t> terminal_width(int fd);

}  // namespace mailchute
