// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute queue retry`: asks the daemon to try now.
#pragma once

#include <string>
#include <vector>

namespace mailchute {

// Either ids, or the beginnings of ids, or all.
int retry_messages(const std::string& config_file, const std::vector<std::string>& ids, bool all);

}  // namespace mailchute
