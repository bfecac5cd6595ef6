// SPDX-License-Identifier: GPL-3.0-or-later
// What can be seen of a delivery.
#include <algorithm>

#include "relay/delivery.h"
#include "sys/clock.h"

namespace mailchute::relay {
namespace {

void sum_up(DeliveryStatus& status) {
  const SmartHostStatus* worst = nullptr;
  bool all_paused = true;
  for (const SmartHostStatus& host : status.smart_hosts) {
    const bool one = status.smart_hosts.size() == 1;
    status.smart_host.append(status.smart_host.empty() ? "" : ", ")
        .append(one ? host.place : host.name);
    all_paused = all_paused && host.paused_until;
    if (worst == nullptr && !host.last_error.empty()) worst = &host;
  }
  if (worst == nullptr) return;
  status.last_error = worst->last_error;
  status.trouble_since = worst->trouble_since;
  if (!all_paused) return;
  for (const SmartHostStatus& host : status.smart_hosts) {
    if (*host.paused_until > *worst->paused_until) continue;
    status.paused_for = host.paused_for;
    status.paused_until = host.paused_until;
    worst = &host;
  }
}

}  // namespace

SmartHostStatus Delivery::status_of(std::size_t host) const {
  const config::SmartHost& settings = hosts_[host].options.smart_host;
  const Health& health = dispatch_.health(host);
  SmartHostStatus status;
  status.name = settings.name;
  status.place = settings.host;
  if (settings.lookup != config::Lookup::srv) status.place += ":" + std::to_string(settings.port);
  status.connections = hosts_[host].conversations.size();
  status.worked = health.worked();
  status.last_error = health.last_error();
  status.trouble_since = health.since();
  const Instant now = sys::boot_now();
  if (health.paused(now)) {
    status.paused_for = std::chrono::ceil<Seconds>(*health.paused_until() - now);
    status.paused_until = sys::now() + (*health.paused_until() - now);
  }
  return status;
}

DeliveryStatus Delivery::status() const {
  DeliveryStatus status;
  status.waiting = dispatch_.size();
  status.in_flight = in_flight_.size();
  status.connections = connections();
  for (std::size_t host = 0; host < hosts_.size(); ++host)
    status.smart_hosts.push_back(status_of(host));
  sum_up(status);
  return status;
}

bool Delivery::in_flight(const std::string& id) const { return in_flight_.has(id); }

std::optional<Time> Delivery::next_try(const std::string& id) const {
  const auto at = dispatch_.next_try(digester_.carrier(id));
  return at ? std::optional(sys::now() + (*at - sys::boot_now())) : std::nullopt;
}

std::string Delivery::reason(const std::string& id) const {
  const Instant now = sys::boot_now();
  const auto host = dispatch_.waits_for(digester_.carrier(id), now);
  if (!host) {
    const bool waits = !in_flight(id) && submitters_.may_begin(submitters_.owner(id), now) == 0;
    return waits ? "its user has sent as many as storms.messages_per_minute allows" : "";
  }
  const config::SmartHost& settings = hosts_[*host].options.smart_host;
  const Health& health = dispatch_.health(*host);
  const std::string name = "smart host" + (hosts_.size() == 1 ? "" : " " + settings.name);
  if (health.paused(now)) return name + " is paused: " + health.last_error();
  return name +
         " is at its limit: messages_per_minute = " + std::to_string(settings.messages_per_minute);
}

}  // namespace mailchute::relay
