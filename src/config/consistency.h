// SPDX-License-Identifier: GPL-3.0-or-later
// What settings must be together: each may be fine alone.
#pragma once

#include <map>
#include <string_view>

#include "config/complaints.h"
#include "config/settings.h"

namespace mailchute::config {

// Where each setting of the file stands: full name -> line.
using Lines = std::map<std::string_view, unsigned>;

void check_together(const Settings& settings, const Lines& lines, Complaints& complaints);

}  // namespace mailchute::config
