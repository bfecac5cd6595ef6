// SPDX-License-Identifier: GPL-3.0-or-later
// -bd and -bD: this program becomes, or starts, mailchuted.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"

namespace mailchute::sendmail {

// Runs `program` in the place of this one; returns only with an error.
Error become_daemon(const std::string& program, const std::optional<std::string>& configuration);

// Runs it in a session of its own; an error if it cannot be run at all.
Result<> start_daemon(const std::string& program, const std::optional<std::string>& configuration);

}  // namespace mailchute::sendmail
