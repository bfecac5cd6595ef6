// SPDX-License-Identifier: GPL-3.0-or-later
// Spans and sizes as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailchute::config {

// "90", "90s", "15m", "4h", "5d", "2w", "1h30m" -> seconds; nothing for anything else.
std::optional<std::uint64_t> parse_span(std::string_view text);

// "500000", "512K", "100M", "2G" -> octets, in powers of 1024.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace mailchute::config
