// SPDX-License-Identifier: GPL-3.0-or-later
// Which recipients of a message one transaction is for: those of one route
// (config/smart_host_routes.h) that have not had their turn, as many as the smart host takes at
// once.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "config/smart_host_routes.h"
#include "relay/outgoing.h"
#include "smtp/transaction.h"

namespace mailchute::relay {

struct Portion {
  std::size_t route;
  std::set<std::string> tried;  // addresses that have had their turn
  std::size_t most = 0;         // recipients; 0: no limit
  std::size_t domains = 0;      // that these are of; likewise
};

// Those that its recipients go by.
std::set<std::size_t> routes_of(const Outgoing& message, const config::SmartHostRoutes& routes);

// Leaves these in the message.
void reduce(Outgoing& message, const config::SmartHostRoutes& routes, const Portion& portion);

// A smart host that took some recipients and then had enough (RFC 5321, 4.5.3.1.10) has not refused
// the others: they leave the message and its report. Where it then refused DATA, too, the report is
// that nothing was said of the message. Returns how many it took; 0: it did not say so.
std::size_t leave_out_excess(Outgoing& message, smtp::TransactionReport& report);

// These have another transaction at once: they leave the message and its report.
void leave_out(Outgoing& message, smtp::TransactionReport& report,
               const std::vector<std::size_t>& those);

// Whether the others may have another transaction at once: what was said was about recipients, or
// about the message for good.
bool goes_on(const smtp::TransactionReport& report);

}  // namespace mailchute::relay
