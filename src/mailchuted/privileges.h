// SPDX-License-Identifier: GPL-3.0-or-later
// Root is only a place to start from: the folders root alone can make are made, then mailchuted
// becomes its own user for good.
#pragma once

#include <string>

#include "base/error.h"
#include "config/settings.h"

namespace mailchute::mailchuted {

// Where it is missing.
Result<> make_run_directory(const std::string& path);

// As root: makes settings.run_directory for the daemon's user and becomes that user and group, with
// no way back. As any other user: makes the directory if it is missing. No program that is run from
// here on gains rights (no_new_privs).
Result<> drop_privileges(const config::Settings& settings);

}  // namespace mailchute::mailchuted
