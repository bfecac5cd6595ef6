// SPDX-License-Identifier: GPL-3.0-or-later
// The settings that say whom mail for names of this machine goes to, with the aliases they name.
#pragma once

#include <map>
#include <string>

#include "config/settings.h"
#include "mail/routing.h"
#include "sys/file.h"

namespace mailchute::config {

struct Routing {
  mail::Router router;
  // Of each file that was looked for, from before it was read: whether it is another one now.
  std::map<std::string, sys::FileStamp> files;
};

// What is wrong with the aliases is in the router's complaints, and keeps nobody from working.
Routing read_routing(const Settings& settings);

}  // namespace mailchute::config
