// SPDX-License-Identifier: GPL-3.0-or-later
// RETRY of the control socket.
#pragma once

#include <memory>
#include <string_view>

#include "mailchuted/task.h"

namespace mailchute::mailchuted {

// `words`: "*" or ids, between blanks.
std::unique_ptr<Task> retry_task(std::string_view words, const Asker& asker, Desk& desk);

}  // namespace mailchute::mailchuted
