// SPDX-License-Identifier: GPL-3.0-or-later
// The process that stays: it reads configuration and password, makes the worker, and makes a new one
// when the worker dies or SIGHUP asks for the configuration to be read again. It has no network and
// handles no mail.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "secret/secret.h"

namespace mailchute::mailchuted {

// What a worker works with.
struct Orders {
  config::Settings settings;
  secret::Secret password;
};

// Reads the configuration and the password it names. The error has every mistake, a line each.
Result<Orders> read_orders(const std::string& file);

// Until SIGTERM or SIGINT. An error, of kind config, says why the first worker could not start; it
// was logged. `started` is called in each process once that takes care of mail.
Result<> keep(Orders orders, Log& log, const std::function<void()>& started);

}  // namespace mailchute::mailchuted
