// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute status --metrics`: the same facts in Prometheus' text exposition format (version
// 0.0.4).
#pragma once

#include <string>

#include "base/clock.h"
#include "mailchute/status.h"

namespace mailchute {

std::string metrics_of(const StatusReport& report, Time now);
// That there is nobody to ask.
std::string metrics_without_daemon();

}  // namespace mailchute
