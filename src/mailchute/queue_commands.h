// SPDX-License-Identifier: GPL-3.0-or-later
// The commands that ask the daemon. Each prints its answer, or one line on standard error that says
// what is wrong, and returns an exit status (sysexits.h).
#pragma once

#include <string>
#include <vector>

namespace mailchute {

int show_status(const std::string& config_file);
int list_queue(const std::string& config_file);
int retry_messages(const std::string& config_file, const std::vector<std::string>& ids, bool all);

}  // namespace mailchute
