// SPDX-License-Identifier: GPL-3.0-or-later
// Takes messages by SMTP from programs on this machine: the dialogue is smtp/server_session.h's,
// the header is mended as sendmail mends it, and 250 is said when the message is durable in the
// queue (committer.h). Whose program it is, the kernel says (sys/tcp_peer.h): the message is that
// user's; where nobody can tell it is nobody's.
//
// Anybody may be hostile. Clients who wait cost some kilobytes and a descriptor each; those who
// come when all places are taken drive out others or are sent away (room.h); and what clients have
// said and cannot be written to disk yet is bounded for all of them together.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/settings.h"
#include "mailchuted/committer.h"
#include "mailchuted/room.h"
#include "mailchuted/smtp_sockets.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "queue/queue.h"
#include "relay/delivery.h"
#include "relay/reception.h"

namespace mailchute::mailchuted {

struct SmtpLimits {
  std::size_t places = 1000;        // clients at a time, as far as there are descriptors for them
  Hospitality hospitality;          // when they are all taken
  std::uint64_t memory = 32 << 20;  // octets of envelopes and headers that are long
};

// What is offered, for settings with a listener or for sockets that were handed over.
smtp::ServerOptions smtp_options(const config::Settings& settings);

class SmtpServer {
 public:
  // Everything passed in outlives it.
  SmtpServer(net::EventLoop& loop, std::vector<SmtpSocket> sockets, queue::Queue& queue,
             Committer& committer, const config::Settings& settings,
             const relay::ReceptionSettings& reception, relay::Delivery& delivery, Log& log,
             SmtpLimits limits = {});
  ~SmtpServer();

  // Takes no new clients, sends away those who wait, and calls back when the others have finished
  // the message they are at, within the span.
  void finish(Milliseconds within, std::function<void()> done);
  // The same within ten minutes: `queued` is called for what is queued meanwhile.
  void retire(std::function<void()> queued, std::function<void()> done);

  // "127.0.0.1:25, [::1]:25"; and what could not be opened, and why.
  const std::string& addresses() const { return addresses_; }
  const std::string& trouble() const { return trouble_; }
  std::size_t clients() const;

 private:
  class Client;

  void accept(std::unique_ptr<net::Connection> connection);
  bool make_room(uid_t uid);
  void forget(Client* client);
  void finish_if_idle();

  net::EventLoop& loop_;
  queue::Queue& queue_;
  Committer& committer_;
  const config::Settings& settings_;
  const relay::ReceptionSettings& reception_;
  relay::Delivery& delivery_;
  Log& log_;
  SmtpLimits limits_;
  std::string addresses_, trouble_;
  std::uint64_t held_ = 0;  // of limits_.memory
  Clients<Client> clients_;
  net::Timer finish_timer_;
  std::function<void()> queued_late_, finished_;
  std::list<net::Listener> listeners_;
};

}  // namespace mailchute::mailchuted
