// SPDX-License-Identifier: GPL-3.0-or-later
// What a DNS server's answer says about the servers of a domain: SRV (RFC 2782) and MX records
// (RFC 1035, 3.3.9). Whoever sends it may be lying or broken: names that are no host names are left
// out, and no more than a few servers are taken.
#pragma once

#include <span>

#include "net/resolver.h"

namespace mailchute::net {

inline constexpr std::size_t kMostServers = 16;  // whoever owns the domain could list thousands

// c-ares' status: ARES_SUCCESS, or that there are none, or why the octets are no answer.
int read_servers(std::span<const unsigned char> octets, Resolver::Records records,
                 Resolver::Servers& servers);

}  // namespace mailchute::net
