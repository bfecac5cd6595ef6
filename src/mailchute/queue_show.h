// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute queue show ID`: everything that is known of one message.
#pragma once

#include <string>

#include "base/clock.h"
#include "queue/details.h"

namespace mailchute {

std::string format_details(const queue::Details& details, Time now);

int show_message(const std::string& config_file, const std::string& id, bool json);

}  // namespace mailchute
