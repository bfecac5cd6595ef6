// SPDX-License-Identifier: GPL-3.0-or-later
// The process that works: queue, delivery, sockets. It reads no configuration and runs no program;
// what it needs is handed over when it is made.
#pragma once

#include <functional>

#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "secret/secret.h"

namespace mailchute::mailchuted {

// Until SIGTERM, which must be blocked. Calls `ready` when mail is taken care of. An error says why
// nothing was begun.
Result<> work(const config::Settings& settings, const secret::Secret& password, Log& log,
              const std::function<void()>& ready);

}  // namespace mailchute::mailchuted
