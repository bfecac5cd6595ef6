// SPDX-License-Identifier: GPL-3.0-or-later
// What all commands share: what they say, and their exit status (sysexits.h), one table for all.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "config/settings.h"

namespace mailchute {

// To standard output; false when it takes no more.
bool print(std::string_view text);
// 0, or 74 with a complaint where standard output did not take all.
int finished();

// One line on standard error, and the exit status.
int complain(const Error& error);
// On standard error: why there is no daemon to ask, and where what is told comes from instead.
void note_reading(const std::string& directory, const Error& why);

config::Settings settings_of(const std::string& config_file);

}  // namespace mailchute
