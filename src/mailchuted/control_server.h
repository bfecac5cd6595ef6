// SPDX-License-Identifier: GPL-3.0-or-later
// The control socket: mailq and `mailchute` ask, the worker answers. One request a connection, one
// line: LIST, STATUS, RETRY *, RETRY ID...; the answer is data lines that begin with a blank and a
// last line "OK ..." or "ERROR ...", so that half an answer is never taken for a whole one. Who asks
// is known from the socket (SO_PEERCRED): users see their own messages, administrators all.
#pragma once

#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "relay/delivery.h"

namespace mailchute::mailchuted {

class ControlServer {
 public:
  // Everything passed in outlives it.
  static Result<std::unique_ptr<ControlServer>> open(net::EventLoop& loop,
                                                     const config::Settings& settings,
                                                     relay::Delivery& delivery, Log& log);
  ~ControlServer();

 private:
  class Client;

  ControlServer(net::EventLoop& loop, const config::Settings& settings, relay::Delivery& delivery,
                Log& log);
  void accept(std::unique_ptr<net::Connection> connection);
  void make_room();
  void forget(Client* client);

  std::string answer(std::string_view request, uid_t uid);
  std::string list(uid_t uid);
  std::string status() const;
  std::string retry(std::string_view ids, uid_t uid);
  Result<> retry_one(const std::string& id, bool may_release);
  std::set<std::string> ids_of(uid_t uid) const;
  bool administrator(uid_t uid) const { return administrators_.count(uid) != 0; }

  net::EventLoop& loop_;
  const config::Settings& settings_;
  relay::Delivery& delivery_;
  Log& log_;
  std::set<uid_t> administrators_;
  std::list<std::unique_ptr<Client>> clients_;
  std::optional<net::Listener> listener_;
};

}  // namespace mailchute::mailchuted
