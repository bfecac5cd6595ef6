// SPDX-License-Identifier: GPL-3.0-or-later
// The submission socket: takes entries as queue/submission_protocol.h says, from whoever may open
// it, and answers with the queue id when they are durable (committer.h). Who submits is known from
// the socket (SO_PEERCRED).
//
// Anybody may be hostile. A client holds some 32 KiB, whatever it sends; it must go on, must come
// to an end, and when there is no place left it must make room for users who have fewer.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "mailchuted/committer.h"
#include "mailchuted/room.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "queue/queue.h"
#include "relay/delivery.h"

namespace mailchute::mailchuted {

struct SubmissionLimits {
  std::size_t places = 256;  // clients at a time, as far as there are descriptors for them
  Hospitality hospitality;   // when they are all taken
  // Without a word. The front end says something every ten seconds.
  Milliseconds silence{30000};
  // All of the envelope, which the front end has in hand when it comes.
  Milliseconds envelope{30000};
  // A job that takes a day to say what it has to say.
  Milliseconds total{86400000};
  // Octets of long envelopes in memory, of all clients together.
  std::uint64_t envelopes = 32 << 20;
};

class SubmissionServer {
 public:
  // On a socket that listens already. Everything passed in outlives it.
  SubmissionServer(net::EventLoop& loop, sys::UniqueFd listening, queue::Queue& queue,
                   Committer& committer, const config::Settings& settings,
                   relay::Delivery& delivery, Log& log, SubmissionLimits limits = {});
  ~SubmissionServer();

  // Takes no new clients; calls back when those who are at it are done, within the span.
  void finish(Milliseconds within, std::function<void()> done);
  // The same without a span: `queued` is called for what is queued meanwhile.
  void retire(std::function<void()> queued, std::function<void()> done);

  std::size_t clients() const { return clients_.size(); }

 private:
  class Client;

  void accept(std::unique_ptr<net::Connection> connection);
  bool make_room(uid_t uid);
  void forget(Client* client);
  void look_after();
  void finish_if_idle();

  net::EventLoop& loop_;
  queue::Queue& queue_;
  const config::Settings& settings_;
  relay::Delivery& delivery_;
  Log& log_;
  SubmissionLimits limits_;
  std::uint64_t envelopes_ = 0;  // octets promised to long ones
  Clients<Client> clients_;
  Committer& committer_;
  net::Timer look_timer_;
  net::Timer finish_timer_;
  std::function<void()> queued_late_, finished_;
  std::optional<net::Listener> listener_;
};

}  // namespace mailchute::mailchuted
