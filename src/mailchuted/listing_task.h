// SPDX-License-Identifier: GPL-3.0-or-later
// LIST and SHOW of the control socket.
#pragma once

#include <memory>
#include <string_view>

#include "mailchuted/task.h"

namespace mailchute::mailchuted {

// `rest`: behind the verb. nullptr: not understood.
std::unique_ptr<Task> list_task(std::string_view rest, const Asker& asker, Desk& desk);
std::unique_ptr<Task> show_task(std::string_view word, const Asker& asker, Desk& desk);

}  // namespace mailchute::mailchuted
