// SPDX-License-Identifier: GPL-3.0-or-later
// Who is at the other end of a TCP connection within this machine. The kernel is asked for exactly
// that socket (sock_diag(7)), so it costs the same however many there are.
#pragma once

#include <sys/types.h>

#include <optional>

namespace mailchute::sys {

// The user who made the other end of `connected`, which this process accepted over a loopback
// address (127.0.0.0/8, ::1). Nothing where that cannot be told: the other end is closed already,
// or on another machine, or in a user namespace that has no such user here.
//
// Nobody can pass for somebody else: who is found had this very connection, not a later one from
// the same port.
std::optional<uid_t> uid_of_tcp_peer(int connected);

}  // namespace mailchute::sys
