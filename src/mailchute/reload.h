// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute reload`: has the daemon read its configuration again, and says what is wrong with it.
#pragma once

#include <string>

namespace mailchute {

int reload(const std::string& config_file);

}  // namespace mailchute
