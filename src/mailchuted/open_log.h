// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "base/log.h"
#include "config/settings.h"

namespace mailchute::mailchuted {

// Where settings.log leads, never `automatic`: that is standard error where the journal reads it,
// or a terminal that mailchuted stays at, else syslog.
config::LogTarget log_target(const config::Settings& settings, bool background);

// Debug lines only where settings.log_debug is set.
std::unique_ptr<Log> open_log(const config::Settings& settings, config::LogTarget target);

}  // namespace mailchute::mailchuted
