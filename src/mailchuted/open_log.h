// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "base/log.h"
#include "config/settings.h"

namespace mailchute::mailchuted {

// Where settings.log says; by itself: the journal when standard error leads there, else syslog.
// Debug lines only where settings.log_debug is set.
std::unique_ptr<Log> open_log(const config::Settings& settings);

}  // namespace mailchute::mailchuted
