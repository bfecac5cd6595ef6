// SPDX-License-Identifier: GPL-3.0-or-later
// Names of hosts: what may stand in the configuration, and this machine's own. Nothing here asks
// DNS.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::config {

// Labels of letters, digits, '-' and '_' with dots between them; at most 253 octets (RFC 1035,
// 2.3.4).
bool is_host_name(std::string_view text);

// What is wrong with `text` as a smart host and what to write instead; empty when it is a host name
// or an address.
std::string host_complaint(std::string_view text);

// The first line of /etc/mailname if that is a host name, else the kernel's.
std::string default_host_name();

}  // namespace mailchute::config
