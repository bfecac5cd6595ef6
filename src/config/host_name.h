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
// The same that is no IPv4 address, for which there are no records.
bool is_domain_name(std::string_view text);

// What is wrong with `text` as a smart host and what to write instead; empty when it is a host name
// or an address.
std::string host_complaint(std::string_view text);

struct MachineNames {
  std::string hostname;  // this machine's alone: mail to an address there is its own
  std::string domain;    // what its mail is from
};

// The kernel's name, and the first line of /etc/mailname, which on many machines is the domain of
// the whole site: that is no name of this machine, but a kernel's name without a domain is
// completed by it.
MachineNames machine_names(std::string_view kernel, std::string_view mail_name);
MachineNames machine_names();

}  // namespace mailchute::config
