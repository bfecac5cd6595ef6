// SPDX-License-Identifier: GPL-3.0-or-later
// What settings must be together: each may be fine alone.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "config/complaints.h"
#include "config/settings.h"

namespace mailchute::config {

// Where each setting of the file stands: full name -> line.
using Lines = std::map<std::string_view, unsigned>;

// The same for each group in a list of them, in order: "smart_hosts" -> [ "smart_host.port" -> line
// ].
using Items = std::map<std::string_view, std::vector<Lines>>;

void check_together(const Settings& settings, const Lines& lines, const Items& items,
                    Complaints& complaints);

}  // namespace mailchute::config
