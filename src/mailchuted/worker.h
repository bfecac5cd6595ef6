// SPDX-License-Identifier: GPL-3.0-or-later
// The process that works: queue, delivery, sockets. It reads no configuration and runs no program;
// what it needs is handed over when it is made.
#pragma once

#include "base/log.h"
#include "config/settings.h"
#include "secret/secret.h"

namespace mailchute::mailchuted {

// Until SIGTERM. `ready` gets one octet when mail is taken care of; it is closed afterwards. Returns
// an exit status; kCannotStart when nothing was begun, and the log says why.
inline constexpr int kCannotStart = 78;
int work(const config::Settings& settings, const secret::Secret& password, Log& log, int ready);

}  // namespace mailchute::mailchuted
