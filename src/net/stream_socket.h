// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel knows of a connected socket, TCP or Unix.
#pragma once

#include <optional>
#include <string>

#include "net/connection.h"

namespace mailchute::net {

// As of socket(2).
int family_of(int fd);
// Empty where it cannot be told.
std::string peer_of(int fd);
// Of a Unix socket only.
std::optional<PeerCredentials> credentials_of(int fd);
// Every write is a whole thought here, and a dead peer should be noticed some day.
void tune(int fd);
// The other side has closed it altogether, or it is broken.
bool deserted(int fd);

}  // namespace mailchute::net
