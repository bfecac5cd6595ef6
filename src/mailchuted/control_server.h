// SPDX-License-Identifier: GPL-3.0-or-later
// The control socket: mailq and `mailchute` ask, the worker answers (queue/control.h), one request
// a connection. Who asks is known from the socket (SO_PEERCRED). Answers are worked out in turns of
// about a millisecond with as much rest between them, users in turn however many connections each
// has: mail goes on, and nobody keeps others from an answer.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "mailchuted/task.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "relay/delivery.h"

namespace mailchute::mailchuted {

class ControlServer {
 public:
  // On a socket that listens already. `reload` has the configuration read again and calls
  // reloaded() when that is done, once for each call. Everything passed in outlives it; `smtp` may
  // be none.
  ControlServer(net::EventLoop& loop, sys::UniqueFd listening, const config::Settings& settings,
                relay::Delivery& delivery, const Tally& tally, Log& log, const SmtpServer* smtp,
                std::function<void()> reload);
  ~ControlServer();

  // Who asked first is told.
  void reloaded(const Result<>& result);
  // What is wrong with mail, for those who ask.
  void set_alarm(std::vector<Trouble> troubles) { desk_.alarm = std::move(troubles); }
  // Takes no more clients, and calls back once, when those that are there have gone.
  void retire(std::function<void()> idle);

 private:
  class Client;

  void accept(std::unique_ptr<net::Connection> connection);
  void make_room();
  void forget(Client* client);

  void go_on();
  void turn();
  Client* next();
  std::unique_ptr<Task> task_for(std::string_view request, uid_t uid);

  net::EventLoop& loop_;
  Desk desk_;
  Log& log_;
  std::set<uid_t> administrators_;
  std::list<std::unique_ptr<Client>> clients_;  // who has waited longest first
  std::map<uid_t, std::uint64_t> served_;       // when each user had his last turn
  std::uint64_t turns_ = 0;
  bool going_on_ = false;
  net::Timer rest_;
  std::function<void()> idle_;  // once it retires
  std::optional<net::Listener> listener_;
};

}  // namespace mailchute::mailchuted
