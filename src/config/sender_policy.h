// SPDX-License-Identifier: GPL-3.0-or-later
// The settings of a smart host that say how senders look, as the policy that does it.
#pragma once

#include "config/settings.h"
#include "mail/sender_policy.h"

namespace mailchute::config {

// Of checked settings; `host` is one of theirs.
mail::SenderPolicy sender_policy(const Settings& settings, const SmartHost& host);

// What is to be said about it all the same, one line: senders nobody can reply to. Empty: nothing.
std::string sender_advice(const Settings& settings, const SmartHost& host);

}  // namespace mailchute::config
