// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker works with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "config/routing.h"
#include "config/settings.h"
#include "relay/reception.h"
#include "secret/secret.h"

namespace mailchute::mailchuted {

struct Orders {
  config::Settings settings;
  std::vector<secret::Secret>
      passwords;  // of settings.smart_hosts, one each; empty where none is needed
  relay::ReceptionSettings reception;  // of the SMTP listener
  config::Routing routing;
  std::unique_ptr<Log> log;  // where settings.log leads
};

// Reads the configuration, the secrets and the aliases it names; the log is not opened. The error
// has every mistake, a line each.
Result<Orders> read_orders(const std::string& file);

// The same for a daemon that works by `present` already: what only a start can change is a mistake.
Result<Orders> read_orders_again(const config::Settings& present);

}  // namespace mailchute::mailchuted
