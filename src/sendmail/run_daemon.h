// SPDX-License-Identifier: GPL-3.0-or-later
// -bd and -bD: this program becomes mailchuted.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"

namespace mailchute::sendmail {

// Runs `program` in the place of this one; returns only with an error. In the background the
// program goes there by itself, once it has seen that it can work.
Error run_daemon(const std::string& program, bool background,
                 const std::optional<std::string>& configuration);

}  // namespace mailchute::sendmail
