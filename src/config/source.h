// SPDX-License-Identifier: GPL-3.0-or-later
// The text of a configuration file, for what libconfig does not tell: why it stopped, and numbers
// as they were written, since libconfig 1.5 cuts them to 32 bits without a word.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/complaints.h"

namespace mailchute::config {

// Without its line end; empty past the end. Lines count from 1.
std::string_view line_of(std::string_view text, unsigned number);

// The decimal number written as the value of `name` on that line; nothing when there is none, or
// none that fits.
std::optional<std::int64_t> number_in(std::string_view line, std::string_view name);

// What libconfig must not see: NUL octets (it would read half the file) and @include (it opens any
// file, and ends the whole program when it cannot read it). False, and a complaint, if present.
bool fit_for_parser(std::string_view text, Complaints& complaints);

// What to write instead, for a syntax error that libconfig found on `line`. Shows no value, since
// that may be a password.
std::string syntax_advice(std::string_view line);

}  // namespace mailchute::config
