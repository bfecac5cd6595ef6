// SPDX-License-Identifier: GPL-3.0-or-later
// What is in cur/, made known to the dispatch: at the start, and when another worker has gone and
// left its part. A message is read from disk here and nowhere else, and its recipients are what
// this machine makes of them (readdress.h).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/settings.h"
#include "config/smart_host_routes.h"
#include "mail/routing.h"
#include "net/event_loop.h"
#include "queue/listing.h"
#include "queue/queue.h"
#include "queue/view.h"
#include "relay/board.h"
#include "relay/digester.h"
#include "relay/dispatch.h"
#include "relay/outgoing.h"
#include "relay/recorder.h"
#include "relay/retry.h"
#include "relay/submitters.h"
#include "smtp/extensions.h"

namespace mailchute::relay {

// What workers before this one left: ids of entries in cur/.
struct Inheritance {
  std::set<std::string> elsewhere;           // an older worker is finishing these
  std::set<std::string> possibly_delivered;  // a worker died between final dot and reply
  std::map<std::string, unsigned> deadly;    // so many workers have died of these
};

class Stock {
 public:
  // All outlive it. `user` hears of what cannot be loaded, and of relief when there may be more.
  Stock(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
        const mail::Router& router, const config::SmartHostRoutes& routes, Submitters& submitters,
        Digester& digester, Dispatch& dispatch, Recorder& recorder, RecorderUser& user,
        Board& board, Log& log);

  // Without it nothing would ever be done about what is in cur/ already. What is deadly is held;
  // what is elsewhere is left alone until elsewhere_gone().
  Result<> take_over(const Inheritance& inheritance);
  // One that was at work elsewhere has gone, and left these: taken over is what was known as such,
  // and what is in cur/ and was not known at all.
  void elsewhere_gone(const Inheritance& left);

  // A message that was taken for a smart host, for at most so many recipients (0: no limit), made
  // acceptable for a server that offers this, but `without` that. Nothing: it could not be read, or
  // must not be sent for now or by this route, and the user or the dispatch knows what becomes of
  // it.
  std::optional<Outgoing> load(const Dispatch::Taken& taken, std::size_t host,
                               std::size_t recipients, const smtp::Extensions& offered,
                               smtp::Capabilities without);
  // Those that a message goes by, as far as that can be told now; none: the default one.
  std::set<std::size_t> routes_of(const std::string& id);

 private:
  using Entries = std::map<std::string, queue::Listed>;
  Entries read_heads(const queue::View& view, queue::Place place,
                     const std::vector<std::string>& ids);
  Result<> load_unknown();
  void look_for_unknown();
  void look_for_digests(const queue::View& view, const Entries& waiting);
  void make_known(const std::string& id, const queue::Listed* entry);
  void schedule(const std::string& id, Time arrival, const queue::RetryInfo& info, Care care);
  void set_aside(const std::string& id, unsigned deaths);
  bool mark_possibly_delivered(const std::string& id);
  bool settle_owed(const std::string& id);
  Result<Outgoing> read(const std::string& id);
  Result<Outgoing> prepare(queue::Entry entry, std::size_t host = 0) const;
  void not_read(const std::string& id, const Error& error);

  queue::Queue& queue_;
  const config::Settings& settings_;
  std::vector<mail::SenderPolicy> sender_policies_;  // of each smart host
  const mail::Router& router_;
  const config::SmartHostRoutes& routes_;
  RetryLimits retry_;
  Submitters& submitters_;
  Digester& digester_;
  Dispatch& dispatch_;
  Recorder& recorder_;
  RecorderUser& user_;
  Board& board_;
  Log& log_;
  net::Timer timer_;
  std::set<std::string> deadly_;  // held, and not looked into
  std::set<std::string> elsewhere_;
  std::set<std::string> doubtful_;  // of what is not known yet
};

}  // namespace mailchute::relay
