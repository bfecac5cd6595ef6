// SPDX-License-Identifier: GPL-3.0-or-later
// What the lines before a message are made of (format.h): each parser takes from the front of the
// text and leaves the rest, also where it finds nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace mailchute::queue {

tl::unexpected<Error> malformed(std::string_view what);

bool take(std::string_view& text, std::string_view prefix);
// A line without its LF; nothing when there is no LF.
std::optional<std::string_view> take_line(std::string_view& text);
// The value of a field that stands at the front.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name);
// What format_path() gave.
std::optional<std::string> take_path(std::string_view& text);
std::optional<std::uint32_t> parse_uid(std::string_view text);

// Escaped, and a '>' as well, so that the first one ends the path.
std::string format_path(std::string_view address);
std::string padded(std::uint64_t number, std::size_t digits);
// A field of one word, where there is one.
void append_word(std::string& out, std::string_view field, std::string_view word);

}  // namespace mailchute::queue
