// SPDX-License-Identifier: GPL-3.0-or-later
// Which message goes to which smart host next, when another connection is worth opening, and when
// to look again. No I/O and no clock.
//
// Each route has smart hosts in order of priority, and a line of messages of its own. A smart host
// takes from the lines of its routes, unless one of a better priority there works: then those of
// lesser priority get nothing more. Connections are shared out among equals by weight (RFC 2782); a
// smart host that was in trouble gets one for a single message, the probe, when its pause is over.
//
// A message whose recipients go by several routes stands in the line of each, but is in one
// transaction at a time. A message that is sent to some recipients of a line after the others makes
// a round: what was tried in it is not tried again before the others have been.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "relay/health.h"
#include "relay/message_id.h"
#include "relay/pace.h"
#include "relay/retry.h"
#include "relay/schedule.h"

namespace mailchute::relay {

class Dispatch {
 public:
  // All numbers of smart hosts and routes count from 0, in the order given here.
  struct Host {
    unsigned priority = 0;  // the lower the better
    unsigned weight = 1;
    unsigned connections = 1;
    unsigned messages_per_minute = 0;  // 0: no limit
  };
  // Each: its smart hosts; the last: the default.
  using Routes = std::vector<std::vector<std::size_t>>;
  // In each line the submitters take turns (schedule.h).
  Dispatch(std::span<const Host> hosts, Routes routes, RetryLimits limits,
           const Submitters* submitters = nullptr);

  std::size_t routes() const { return routes_.size(); }
  Health& health(std::size_t host) { return hosts_[host].health; }
  const Health& health(std::size_t host) const { return hosts_[host].health; }

  // Messages. One that is known gets the new time and routes; none means the default one.
  void add(const std::string& id, Time arrival, Instant due, Care care,
           const std::set<std::size_t>& routes = {});
  void remove(const std::string& id);
  bool contains(const std::string& id) const;
  bool taken(const std::string& id) const { return taken_.count(id) != 0; }

  // The next one for a smart host that has a connection for it; with `plain_only` none that needs
  // care. It is out of all lines until it is put back or removed.
  struct Taken {
    std::string id;
    std::size_t route;
    Care care;
  };
  std::optional<Taken> take(std::size_t host, Instant now, bool plain_only);

  // What is known of one that is taken, before it is put back.
  Care care(const std::string& id) const { return routes_[taken_.at(id).route].line.care(id); }
  const std::set<std::string>& tried(const std::string& id) const;  // addresses, in this round
  // By which routes it has to go indeed. False: not by the one it was taken for, and it is put back
  // for the others.
  bool sort(const std::string& id, const std::set<std::size_t>& routes, Instant now);
  // What became of its transaction: `again` says whether some of `addresses` must be tried once
  // more, `more` that others are to be tried at once.
  void outcome(const std::string& id, const std::vector<std::string>& addresses, bool again,
               bool more);
  // How often its route has been tried, with this time: `in_all` where it never had another one.
  // What was tried before a restart is not known.
  unsigned attempts(const std::string& id, unsigned in_all) const;
  // After outcome(), at `due` as far as it is to be tried again; without it, as if it had not been
  // taken.
  void put_back(const std::string& id, Instant due, Care care, Instant now);

  // Everything, or this one, is due now. How many.
  std::size_t hurry(Instant now);
  bool hurry(const std::string& id, Instant now);

  // Transactions, for messages_per_minute.
  void begun(std::size_t host, Instant now);
  void ended(std::size_t host, bool counts, Instant now) { hosts_[host].pace.ended(now, counts); }

  // Connections. What each smart host has of them:
  struct Load {
    std::size_t open = 0;  // or being opened
    std::size_t established = 0;
    bool careful = false;  // one of them has a message that needs care
  };
  void opening(std::size_t host, Instant now) { hosts_[host].last_begun = now; }
  // The smart host that is to be probed, though others of its route work.
  std::optional<std::size_t> probe_wanted(std::span<const Load> loads, Instant now);
  // Where another one is worth its handshake, when those that are open have taken what they can.
  // `chance` from 0 to 1.
  std::optional<std::size_t> connection_wanted(std::span<const Load> loads, Instant now,
                                               double chance);
  // When the answers above may be others, if nothing happens before.
  std::optional<Instant> wake(std::span<const Load> loads, Instant now) const;

  std::size_t size() const { return messages_; }
  // When this one is tried next, as far as is known.
  std::optional<Instant> next_try(const std::string& id) const;
  // The smart host that keeps it back, paused or at its limit: the first that will take it. None:
  // it waits for its own time, or for nothing.
  std::optional<std::size_t> waits_for(const std::string& id, Instant now) const;

 private:
  struct HostState {
    Host rules;
    Health health;
    Pace pace;
    Instant last_begun{};  // a transaction or a connection
  };
  struct Route {
    std::vector<std::size_t> hosts;  // the better ones first
    Schedule line;
  };
  struct Round {
    std::set<std::string> tried;
    bool again = false;
  };
  // Of one that is in no line but, by name, that of `route`.
  struct InHand {
    std::size_t route;
    std::map<std::size_t, Schedule::Place> others;
    std::vector<std::string> addresses;
    std::optional<bool> again{};
    bool more = false;
  };

  bool sound(std::size_t host, Instant now) const;
  std::vector<std::size_t> serving(const Route& route, Instant now) const;
  bool serves(std::size_t host, const Route& route, Instant now) const;
  template <class Front>
  Route* first(std::size_t host, Instant now, Front front);
  Taken in_hand(std::string id, const Route& route, Care care);
  Round end_round(const std::string& id, std::size_t route);
  InHand release(const std::string& id);
  void restore(const std::string& id, const InHand& held);
  std::size_t due(Route& route, std::span<const Load> loads, Instant now);
  bool has_room(std::size_t host, std::span<const Load> loads, Instant now) const;
  Instant stuck_at(const Route& route, std::span<const std::size_t> hosts) const;
  std::vector<std::size_t> worth_opening(Route& route, std::span<const Load> loads, Instant now);
  std::optional<std::size_t> choose(std::span<const std::size_t> hosts, std::span<const Load> loads,
                                    Instant now, double chance) const;

  std::vector<HostState> hosts_;
  std::vector<Route> routes_;
  ByMessage<InHand> taken_;
  ByMessage<std::map<std::size_t, Round>> rounds_;       // by route
  ByMessage<std::map<std::size_t, unsigned>> attempts_;  // by route, where there are several
  std::size_t messages_ = 0;
};

}  // namespace mailchute::relay
