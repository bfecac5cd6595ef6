// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/dispatch.h"

#include <algorithm>

namespace mailchute::relay {

Dispatch::Dispatch(std::span<const Host> hosts, Routes routes, RetryLimits limits,
                   const Submitters* submitters) {
  for (const Host& host : hosts) {
    hosts_.push_back({host, Health(limits, host.connections), Pace(host.messages_per_minute)});
  }
  for (auto& members : routes) {
    std::stable_sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
      return hosts[a].priority < hosts[b].priority;
    });
    routes_.push_back({std::move(members), Schedule(submitters)});
  }
}

// Messages

void Dispatch::add(const std::string& id, Time arrival, Instant due, Care care,
                   const std::set<std::size_t>& routes) {
  remove(id);
  if (routes.empty()) routes_.back().line.add(id, arrival, due, care);
  for (const std::size_t route : routes) routes_[route].line.add(id, arrival, due, care);
  ++messages_;
}

void Dispatch::remove(const std::string& id) {
  bool known = false;
  for (Route& route : routes_) known |= route.line.remove(id);
  if (!known) return;
  taken_.erase(id);
  rounds_.erase(id);
  attempts_.erase(id);
  --messages_;
}

bool Dispatch::contains(const std::string& id) const {
  return std::any_of(routes_.begin(), routes_.end(),
                     [&](const Route& route) { return route.line.contains(id); });
}

bool Dispatch::sound(std::size_t host, Instant now) const {
  const Health& health = hosts_[host].health;
  return !health.paused(now) && !health.on_probation();
}

// Those that may take messages of the route now, the better ones first.
std::vector<std::size_t> Dispatch::serving(const Route& route, Instant now) const {
  std::vector<std::size_t> hosts;
  std::optional<unsigned> works;  // from this priority on
  for (const std::size_t host : route.hosts) {
    if (works && hosts_[host].rules.priority > *works) break;
    if (sound(host, now)) works = hosts_[host].rules.priority;
    if (!hosts_[host].health.paused(now)) hosts.push_back(host);
  }
  return hosts;
}

bool Dispatch::serves(std::size_t host, const Route& route, Instant now) const {
  const auto hosts = serving(route, now);
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

// Of the lines that the smart host takes from, the one with the least `front`; null when none has
// any.
template <class Front>
Dispatch::Route* Dispatch::first(std::size_t host, Instant now, Front front) {
  Route* best = nullptr;
  for (Route& route : routes_) {
    if (!front(route.line) || !serves(host, route, now)) continue;
    if (best == nullptr || *front(route.line) < *front(best->line)) best = &route;
  }
  return best;
}

// A probe is a message that nothing is known against, if there is one; and where there is a
// suspect, one that has as little to do with it as can be: the oldest come in groups, of one sender
// or program.
std::optional<Dispatch::Taken> Dispatch::take(std::size_t host, Instant now, bool plain_only) {
  if (hosts_[host].pace.next(now) > now) return std::nullopt;
  const Health& health = hosts_[host].health;
  Route* const plain = first(host, now, [now](Schedule& line) {
    const auto front = line.front(now);
    return front ? std::optional(front->arrival) : std::nullopt;
  });
  const auto careful = [&](const std::string& except) {
    if (plain_only) return static_cast<Route*>(nullptr);
    return first(host, now, [&, now](Schedule& line) { return line.careful_front(now, except); });
  };
  Route* const any = careful({});
  const bool careful_first =
      any && !health.on_probation() &&
      (!plain || *any->line.careful_front(now) < plain->line.front(now)->due);
  if (plain && !careful_first) {
    auto id = health.suspect().empty() ? plain->line.take(now) : plain->line.take_youngest(now);
    return in_hand(std::move(*id), *plain, Care::none);
  }
  if (!any) return std::nullopt;
  Route* const other = health.on_probation() ? careful(health.suspect()) : nullptr;
  if (other) return in_hand(*other->line.take_careful(now, health.suspect()), *other, Care::needed);
  return in_hand(*any->line.take_careful(now), *any, Care::needed);
}

Dispatch::Taken Dispatch::in_hand(std::string id, const Route& route, Care care) {
  InHand held{static_cast<std::size_t>(&route - routes_.data()), {}, {}};
  for (std::size_t other = 0; other < routes_.size(); ++other) {
    if (other == held.route) continue;
    if (const auto place = routes_[other].line.place(id)) held.others.emplace(other, *place);
    routes_[other].line.remove(id);
  }
  Taken taken{std::move(id), held.route, care};
  taken_.insert_or_assign(taken.id, std::move(held));
  return taken;
}

const std::set<std::string>& Dispatch::tried(const std::string& id) const {
  static const std::set<std::string> none;
  const auto rounds = rounds_.find(id);
  if (rounds == rounds_.end()) return none;
  const auto round = rounds->second.find(taken_.at(id).route);
  return round == rounds->second.end() ? none : round->second.tried;
}

bool Dispatch::sort(const std::string& id, const std::set<std::size_t>& routes, Instant now) {
  InHand& held = taken_.at(id);
  const Time arrival = routes_[held.route].line.place(id)->arrival;
  std::erase_if(held.others, [&](const auto& other) { return routes.count(other.first) == 0; });
  for (const std::size_t route : routes) {
    if (route != held.route)
      held.others.try_emplace(route, Schedule::Place{arrival, now, Care::none});
  }
  if (routes.empty() || routes.count(held.route) != 0) return true;
  const InHand released = release(id);
  routes_[released.route].line.remove(id);
  end_round(id, released.route);
  restore(id, released);
  return false;
}

void Dispatch::outcome(const std::string& id, const std::vector<std::string>& addresses, bool again,
                       bool more) {
  const auto found = taken_.find(id);
  if (found == taken_.end()) return;
  InHand& held = found->second;
  held.addresses = addresses;
  held.again = again;
  held.more = more;
  const bool several = !held.others.empty() || attempts_.count(id) != 0;
  if (several && tried(id).empty()) ++attempts_[id][held.route];
}

unsigned Dispatch::attempts(const std::string& id, unsigned in_all) const {
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) return in_all;
  const auto own = found->second.find(taken_.at(id).route);
  return own == found->second.end() ? in_all : own->second;
}

Dispatch::Round Dispatch::end_round(const std::string& id, std::size_t route) {
  const auto rounds = rounds_.find(id);
  if (rounds == rounds_.end()) return {};
  auto round = rounds->second.extract(route);
  if (rounds->second.empty()) rounds_.erase(rounds);
  return round ? std::move(round.mapped()) : Round();
}

Dispatch::InHand Dispatch::release(const std::string& id) {
  return std::move(taken_.extract(id).mapped());
}

void Dispatch::restore(const std::string& id, const InHand& held) {
  for (const auto& [route, place] : held.others)
    routes_[route].line.add(id, place.arrival, place.due, place.care);
}

void Dispatch::put_back(const std::string& id, Instant due, Care care, Instant now) {
  const InHand held = release(id);
  Schedule& line = routes_[held.route].line;
  const Time arrival = line.place(id)->arrival;
  bool again = held.again.value_or(true);
  if (held.more) {
    Round& round = rounds_[id][held.route];
    round.tried.insert(held.addresses.begin(), held.addresses.end());
    round.again |= again;
    line.add(id, arrival, now, Care::none);
    return restore(id, held);
  }
  if (held.again) again |= end_round(id, held.route).again;
  if (again || held.others.empty()) line.add(id, arrival, due, care);
  else line.remove(id);
  restore(id, held);
}

std::size_t Dispatch::hurry(Instant now) {
  for (Route& route : routes_) route.line.hurry(now);
  for (auto& [id, held] : taken_) {
    for (auto& [route, place] : held.others) place.due = std::min(place.due, now);
  }
  return messages_ - taken_.size();
}

bool Dispatch::hurry(const std::string& id, Instant now) {
  bool known = false;
  for (Route& route : routes_) known |= route.line.hurry(id, now);
  return known;
}

std::optional<Instant> Dispatch::next_try(const std::string& id) const {
  std::optional<Instant> next;
  for (const Route& route : routes_) {
    const auto place = route.line.place(id);
    if (!place) continue;
    std::optional<Instant> open;  // when one of its smart hosts may be asked
    for (const std::size_t host : route.hosts) {
      const Instant until = hosts_[host].health.paused_until().value_or(Instant::min());
      open = std::min(open.value_or(until), until);
    }
    const Instant at = std::max(place->due, *open);
    next = std::min(next.value_or(at), at);
  }
  return next;
}

std::optional<std::size_t> Dispatch::waits_for(const std::string& id, Instant now) const {
  if (taken(id)) return std::nullopt;
  std::optional<std::pair<Instant, std::size_t>> first;
  for (const Route& route : routes_) {
    const auto place = route.line.place(id);
    if (!place) continue;
    const auto open = serving(route, now);
    if (!open.empty() && place->due > now) return std::nullopt;
    for (const std::size_t host : open.empty() ? route.hosts : open) {
      const HostState& state = hosts_[host];
      const Instant at = open.empty() ? *state.health.paused_until() : state.pace.next(now);
      if (at <= now) return std::nullopt;
      first = std::min(first.value_or(std::pair(at, host)), std::pair(at, host));
    }
  }
  return first ? std::optional(first->second) : std::nullopt;
}

}  // namespace mailchute::relay
