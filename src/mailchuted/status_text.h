// SPDX-License-Identifier: GPL-3.0-or-later
// How delivery is going, in one line for a service manager to show.
#pragma once

#include <string>

#include "relay/delivery.h"

namespace mailchute::mailchuted {

// Clock times are `utc_offset` seconds east of UTC. The text changes only when something happens.
std::string status_text(const relay::DeliveryStatus& status, int utc_offset);

}  // namespace mailchute::mailchuted
