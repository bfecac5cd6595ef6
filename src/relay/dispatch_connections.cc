// SPDX-License-Identifier: GPL-3.0-or-later
// Which connections are worth their handshake, and when to look again.
#include <algorithm>

#include "relay/dispatch.h"

namespace mailchute::relay {
namespace {

// One connection carries many messages at a round trip each. Another one is worth its handshake
// when so many are due for each that is open, or when one has been due for so long, and none begun,
// that those that are open must be stuck.
constexpr std::size_t kBacklog = 8;
constexpr Milliseconds kPatience{1000};

}  // namespace

void Dispatch::begun(std::size_t host, Instant now) {
  hosts_[host].pace.begun(now);
  hosts_[host].last_begun = now;
}

bool Dispatch::has_room(std::size_t host, std::span<const Load> loads, Instant now) const {
  const HostState& state = hosts_[host];
  return loads[host].open < state.health.connections(now) && state.pace.next(now) <= now;
}

// How many messages could be taken now, one after the other.
std::size_t Dispatch::due(Route& route, std::span<const Load> loads, Instant now) {
  const bool careful = std::any_of(route.hosts.begin(), route.hosts.end(),
                                   [&](std::size_t host) { return !loads[host].careful; });
  return route.line.ready(now) +
         (careful ? std::min<std::size_t>(route.line.careful_ready(now), 1) : 0);
}

Instant Dispatch::stuck_at(const Route& route, std::span<const std::size_t> hosts) const {
  Instant since = *route.line.next_due();
  for (const std::size_t host : hosts) since = std::max(since, hosts_[host].last_begun);
  return since + kPatience;
}

std::optional<std::size_t> Dispatch::probe_wanted(std::span<const Load> loads, Instant now) {
  for (Route& route : routes_) {
    if (due(route, loads, now) == 0) continue;
    for (const std::size_t host : serving(route, now)) {
      if (!sound(host, now) && loads[host].open == 0 && has_room(host, loads, now)) return host;
    }
  }
  return std::nullopt;
}

// Those that another connection would help with, if they have room for it. As long as none is
// established, that is only another smart host.
std::vector<std::size_t> Dispatch::worth_opening(Route& route, std::span<const Load> loads,
                                                 Instant now) {
  std::vector<std::size_t> hosts = serving(route, now);
  const std::size_t waiting = due(route, loads, now);
  if (waiting == 0) return {};
  std::size_t open = 0;
  std::size_t established = 0;
  for (const std::size_t host : hosts) {
    open += loads[host].open;
    established += loads[host].established;
  }
  const bool stuck = stuck_at(route, hosts) <= now;
  if (established > 0)
    return waiting > open * kBacklog || (stuck && established == open) ? hosts
                                                                       : std::vector<std::size_t>();
  if (open > 0 && !stuck) return {};
  std::erase_if(hosts, [&](std::size_t host) { return loads[host].open > 0; });
  return hosts;
}

// Of the best priority where there is room, one of those with the fewest connections for their
// weight.
std::optional<std::size_t> Dispatch::choose(std::span<const std::size_t> hosts,
                                            std::span<const Load> loads, Instant now,
                                            double chance) const {
  std::vector<std::size_t> best;
  const auto more_loaded = [&](std::size_t a, std::size_t b) {
    return std::uint64_t{loads[a].open} * hosts_[b].rules.weight >
           std::uint64_t{loads[b].open} * hosts_[a].rules.weight;
  };
  for (const std::size_t host : hosts) {
    if (!has_room(host, loads, now)) continue;
    if (!best.empty() && hosts_[host].rules.priority != hosts_[best.front()].rules.priority) break;
    if (!best.empty() && more_loaded(host, best.front())) continue;
    if (!best.empty() && more_loaded(best.front(), host)) best.clear();
    best.push_back(host);
  }
  double all = 0;
  for (const std::size_t host : best) all += hosts_[host].rules.weight;
  for (const std::size_t host : best) {
    chance -= hosts_[host].rules.weight / all;
    if (chance < 0) return host;
  }
  return best.empty() ? std::nullopt : std::optional(best.back());
}

std::optional<std::size_t> Dispatch::connection_wanted(std::span<const Load> loads, Instant now,
                                                       double chance) {
  for (Route& route : routes_) {
    if (const auto host = choose(worth_opening(route, loads, now), loads, now, chance)) return host;
  }
  return std::nullopt;
}

std::optional<Instant> Dispatch::wake(std::span<const Load> loads, Instant now) const {
  std::optional<Instant> first;
  const auto consider = [&first](Instant at) { first = std::min(first.value_or(at), at); };
  for (const Route& route : routes_) {
    const auto due = route.line.next_due();
    if (!due) continue;
    if (*due > now) {
      consider(*due);
      continue;
    }
    const auto hosts = serving(route, now);
    for (const std::size_t host : route.hosts) {
      const HostState& state = hosts_[host];
      if (state.health.paused(now)) {
        consider(*state.health.paused_until());
      } else if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) {
        break;  // one of a better priority works
      } else if (const Instant next = state.pace.next(now); next > now) {
        if (next != Instant::max()) consider(next);
      } else if (has_room(host, loads, now)) {
        const Instant stuck = stuck_at(route, hosts);
        consider(stuck > now ? stuck : now + kPatience);
      }
    }
  }
  return first;
}

}  // namespace mailchute::relay
