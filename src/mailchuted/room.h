// SPDX-License-Identifier: GPL-3.0-or-later
// Who has to go where all places are taken and another client comes. Nobody drives out those of users
// who have fewer than himself, nor one of anybody's few that is getting on. Of those who may be sent
// away it is one of the user who has most, the one that is slowest.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>

#include "base/clock.h"

namespace mailchute::mailchuted {

struct Guest {
  uid_t uid;
  bool may_go;             // nothing would be lost
  Milliseconds standstill;  // since it got on
};

struct Hospitality {
  std::size_t few = 4;            // as many of a user keep their places as long as they move
  Milliseconds standstill{5000};  // who has not got on for so long makes room for anybody
};

// The index of the one who makes room for somebody of `uid`; nothing: there is no room.
std::optional<std::size_t> who_makes_room(std::span<const Guest> guests, uid_t uid,
                                          const Hospitality& hospitality);

// So many clients have a place, of `wanted`, if each takes so many descriptors and the rest of the
// process needs `reserved`.
std::size_t places_for(std::size_t wanted, std::size_t descriptors_each, std::size_t reserved);

}  // namespace mailchute::mailchuted
