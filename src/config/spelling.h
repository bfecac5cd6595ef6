// SPDX-License-Identifier: GPL-3.0-or-later
// Finds what somebody meant to write.
#pragma once

#include <span>
#include <string_view>

namespace mailchute::config {

// The candidate that is written most like `word`, case and '-' for '_' aside; empty when none is
// near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace mailchute::config
