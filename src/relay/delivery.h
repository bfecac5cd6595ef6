// SPDX-License-Identifier: GPL-3.0-or-later
// Takes messages from the queue to the smart host: which one next, over how many connections. What
// the outcomes mean is verdict.h's to say, how they become facts on disk recorder.h's, how the smart
// host fares health.h's.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "base/log.h"
#include "config/settings.h"
#include "mail/routing.h"
#include "net/event_loop.h"
#include "net/tls.h"
#include "queue/queue.h"
#include "relay/board.h"
#include "relay/conversation.h"
#include "relay/health.h"
#include "relay/outgoing.h"
#include "relay/recorder.h"
#include "relay/schedule.h"
#include "relay/stock.h"

namespace mailchute::relay {

struct DeliveryStatus {
  std::size_t waiting = 0;    // messages in the queue
  std::size_t in_flight = 0;
  std::size_t connections = 0;  // open, or being opened
  std::uint64_t delivered = 0;  // recipients since start
  std::string smart_host;       // host:port
  std::string last_error;
  std::optional<Time> trouble_since;
  std::optional<Seconds> paused_for;
  std::optional<Time> paused_until;
  std::optional<Time> oldest;
};

class Delivery : private ConversationUser, private RecorderUser {
 public:
  // All but `settings` outlive it; `password` is borrowed. `board` shows what is in hand.
  Delivery(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
           const mail::Router& router, std::string_view password, net::TlsContext* tls, Log& log,
           Board& board);

  // See stock.h.
  Result<> load_queue(const Inheritance& inheritance = {}) { return stock_.take_over(inheritance); }
  void elsewhere_gone(const Inheritance& left) { stock_.elsewhere_gone(left); }
  // Adopts what is new, and goes on; from then on now and then, whether or not somebody asks.
  void look_for_new_mail();
  // What has come to cur/ by another way; `client`: from whom, over TCP.
  void add(const queue::Adopted& entry, std::string_view client = {});
  // Now, not when its time comes; also ends a pause of the smart host. Returns how many.
  std::size_t retry_all();
  bool retry(const std::string& id);
  // The network is another one: a smart host that could not be reached is tried at once, and so is the
  // message that a connection was lost with. False: there is no need to.
  bool network_changed();
  // Puts a held or failed message back, to be tried now.
  Result<> release(const std::string& id);

  // Begins nothing more; what is in flight is finished, within the span if there is one; then calls
  // back. The last call counts.
  void finish(std::optional<Milliseconds> within, std::function<void()> done);

  DeliveryStatus status() const;
  bool in_flight(const std::string& id) const;
  // When the message is tried next, as far as its own schedule is concerned.
  std::optional<Time> next_try(const std::string& id) const;

 private:
  struct InFlight {
    Outgoing message;
    const Conversation* conversation;
    Care care;
    bool probe;  // begun while the smart host was on probation
  };

  std::optional<smtp::Transaction> next_transaction(const Conversation& conversation) override;
  const Outgoing& message_of(smtp::TransactionId id) override;
  void on_final_dot(smtp::TransactionId id) override;
  void on_report(const Conversation& conversation, smtp::TransactionReport report) override;
  void on_over(const Conversation& conversation, std::optional<smtp::Close::Trouble> trouble,
               bool used) override;

  void on_put_back(const std::string& id, Time arrival, Milliseconds delay, Care care) override;
  void on_gone(const std::string& id) override;
  void on_relief() override { pump(); }

  void adopt();
  void take_up(const queue::Adopted& entry, std::string_view client = {});

  void pump();
  void pump_soon();
  bool another_wanted(Instant now);
  Instant stuck_at() const;  // where a message is due
  void open_connection();
  bool opening() const;
  void wake_when_due();
  std::size_t takeable(Instant now);
  bool probing() const;
  bool careful_in_flight() const;
  bool may_begin(const Conversation& conversation) const;
  std::optional<std::string> choose(bool plain_only);
  std::optional<Outgoing> load_next(const Conversation& conversation, bool plain_only);

  void judge_end(const Conversation& conversation, const smtp::Close::Trouble& trouble, bool used);
  bool finishing() const { return finished_ != nullptr; }
  void finish_if_idle();
  Moment moment();

  net::EventLoop& loop_;
  queue::Queue& queue_;
  const config::Settings& settings_;
  Conversation::Options conversation_options_;
  RetryLimits retry_;
  net::TlsContext* tls_;
  Log& log_;
  Board& board_;
  Schedule schedule_;
  Health health_;
  Recorder recorder_;
  Stock stock_;
  std::list<std::unique_ptr<Conversation>> conversations_;
  std::map<smtp::TransactionId, InFlight> in_flight_;
  smtp::TransactionId last_id_ = 0;
  Instant last_begun_{};  // a transaction or a connection
  std::uint64_t delivered_ = 0;
  net::Timer wake_timer_;
  net::Timer look_timer_;
  net::Timer finish_timer_;
  bool adopting_ = false;
  bool pumping_soon_ = false;
  std::function<void()> finished_;
  std::minstd_rand random_;
};

}  // namespace mailchute::relay
