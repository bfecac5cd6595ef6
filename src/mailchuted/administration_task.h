// SPDX-License-Identifier: GPL-3.0-or-later
// What administrators ask for over the control socket: acts on messages, a batch of them durable
// together before the answer, which waits for those that are in a transaction (Desk::patience); and
// what lies in the queue, a piece at a time.
#pragma once

#include <memory>
#include <string_view>

#include "mailchuted/task.h"

namespace mailchute::mailchuted {

// nullptr: another request, or one that is not understood.
std::unique_ptr<Task> administration_task(std::string_view request, const Asker& asker, Desk& desk);

}  // namespace mailchute::mailchuted
