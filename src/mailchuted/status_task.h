// SPDX-License-Identifier: GPL-3.0-or-later
// STATUS of the control socket.
#pragma once

#include <memory>
#include <string_view>

#include "mailchuted/task.h"

namespace mailchute::mailchuted {

std::unique_ptr<Task> status_task(Desk& desk);

}  // namespace mailchute::mailchuted
