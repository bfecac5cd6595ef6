// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/room.h"

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <utility>

namespace mailchute::mailchuted {

std::optional<std::size_t> who_makes_room(std::span<const Guest> guests, uid_t uid,
                                          const Hospitality& hospitality) {
  std::map<uid_t, std::size_t> counts;
  for (const Guest& guest : guests) ++counts[guest.uid];
  const std::size_t mine = counts[uid];
  const auto rank = [&](const Guest& guest) {
    return std::pair(counts[guest.uid], guest.standstill);
  };
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < guests.size(); ++i) {
    const std::size_t theirs = counts[guests[i].uid];
    const bool too_many = theirs > std::max(mine, hospitality.few);
    const bool stands = theirs >= mine && guests[i].standstill >= hospitality.standstill;
    if (!guests[i].may_go || (!too_many && !stands)) continue;
    if (!last || rank(guests[i]) > rank(guests[*last])) last = i;
  }
  return last;
}

std::size_t places_for(std::size_t wanted, std::size_t descriptors_each, std::size_t reserved) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const std::size_t free = limit.rlim_cur - std::min<rlim_t>(limit.rlim_cur, reserved);
  return std::clamp<std::size_t>(free / descriptors_each, 1, wanted);
}

}  // namespace mailchute::mailchuted
