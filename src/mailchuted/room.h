// SPDX-License-Identifier: GPL-3.0-or-later
// Who has to go where all places are taken and another client comes. Nobody drives out those of
// users who have fewer than himself, nor one of anybody's few that is getting on. Of those who may
// be sent away it is one of the user who has most, the one that is slowest.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"

namespace mailchute::mailchuted {

struct Guest {
  uid_t uid;
  bool may_go;              // nothing would be lost
  Milliseconds standstill;  // since it got on
};

struct Hospitality {
  std::size_t few = 4;            // as many of a user keep their places as long as they move
  Milliseconds standstill{5000};  // who has not got on for so long makes room for anybody
};

// The index of the one who makes room for somebody of `uid`; nothing: there is no room.
std::optional<std::size_t> who_makes_room(std::span<const Guest> guests, uid_t uid,
                                          const Hospitality& hospitality);

// A server's clients, in the order in which they came. Who is not at_work() is on his way out and
// has no place any more.
template <class Client>
using Clients = std::list<std::unique_ptr<Client>>;

template <class Client>
std::size_t places_taken(const Clients<Client>& clients) {
  return static_cast<std::size_t>(
      std::ranges::count_if(clients, [](const auto& client) { return client->at_work(); }));
}

// The one who makes room; null: there is no room.
template <class Client>
Client* who_makes_room(const Clients<Client>& clients, uid_t uid, const Hospitality& hospitality,
                       Instant now) {
  std::vector<Client*> at_work;
  std::vector<Guest> guests;
  for (const auto& client : clients) {
    if (!client->at_work()) continue;
    at_work.push_back(client.get());
    guests.push_back({client->uid(), client->may_go(), client->standstill(now)});
  }
  const auto last = who_makes_room(guests, uid, hospitality);
  return last ? at_work[*last] : nullptr;
}

// Who was sent away longest ago has had time to hear why.
template <class Client>
void see_off(Clients<Client>& clients) {
  const auto leaving =
      std::ranges::find_if(clients, [](const auto& client) { return !client->at_work(); });
  if (leaving != clients.end()) clients.erase(leaving);
}

// So many clients have a place, of `wanted`, if each takes so many descriptors and the rest of the
// process needs `reserved`.
std::size_t places_for(std::size_t wanted, std::size_t descriptors_each, std::size_t reserved);

}  // namespace mailchute::mailchuted
