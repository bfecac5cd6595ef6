// SPDX-License-Identifier: GPL-3.0-or-later
// Sockets that a service manager opened for this process, by the protocol of sd_listen_fds(3):
// descriptors from 3 on, announced in $LISTEN_PID and $LISTEN_FDS.
#pragma once

#include <vector>

#include "sys/unique_fd.h"

namespace mailchute::sys {

// To be called first thing. The variables are removed: children have no part in it.
std::vector<UniqueFd> handed_over();

}  // namespace mailchute::sys
