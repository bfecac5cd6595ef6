// SPDX-License-Identifier: GPL-3.0-or-later
// Takes messages from the queue to the smart hosts: holds the connections and what is in flight.
// Which message goes where and when is dispatch.h's to say, what the outcomes mean verdict.h's, how
// they become facts on disk recorder.h's, how a smart host fares health.h's.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/settings.h"
#include "config/smart_host_routes.h"
#include "mail/routing.h"
#include "net/event_loop.h"
#include "net/tls.h"
#include "queue/queue.h"
#include "relay/administration.h"
#include "relay/board.h"
#include "relay/conversation.h"
#include "relay/digester.h"
#include "relay/dispatch.h"
#include "relay/in_flight.h"
#include "relay/learned.h"
#include "relay/outgoing.h"
#include "relay/recorder.h"
#include "relay/stock.h"
#include "relay/submitters.h"

namespace mailchute::relay {

struct SmartHostStatus {
  std::string name;
  std::string place;            // host:port
  std::size_t connections = 0;  // open, or being opened
  bool worked = false;          // it has, at some time since the start
  std::string last_error;
  std::optional<Time> trouble_since;
  std::optional<Seconds> paused_for;
  std::optional<Time> paused_until;
};

struct DeliveryStatus {
  std::size_t waiting = 0;  // messages in the queue
  std::size_t in_flight = 0;
  std::size_t connections = 0;
  std::vector<SmartHostStatus> smart_hosts;
  // All together: what the one says that is in trouble, paused only if all are.
  std::string smart_host;
  std::string last_error;
  std::optional<Time> trouble_since;
  std::optional<Seconds> paused_for;
  std::optional<Time> paused_until;
};

// What a smart host is reached with, beside its settings; both are borrowed.
struct Access {
  std::string_view password;
  const net::TlsContext* tls = nullptr;  // null where its tls is none
};

class Delivery : private ConversationUser, private RecorderUser, private Sight {
 public:
  // All outlive it; `access` is of settings.smart_hosts, one each. `board` shows what is in hand.
  Delivery(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
           const mail::Router& router, std::span<const Access> access, Log& log, Board& board);

  // See stock.h.
  Result<> load_queue(const Inheritance& inheritance = {}) { return stock_.take_over(inheritance); }
  void elsewhere_gone(const Inheritance& left) { stock_.elsewhere_gone(left); }
  // Adopts what is new, and goes on; from then on now and then, whether or not somebody asks.
  void look_for_new_mail();
  // What has come to cur/ by another way; `client`: from whom, over TCP.
  void add(const queue::Adopted& entry, std::string_view client = {});
  // Whether it may come (submitters.h).
  Result<> room_for(std::uint32_t owner, std::uint64_t octets = 0) const {
    return submitters_.room_for(owner, octets);
  }
  // Now, not when its time comes; also ends all pauses of smart hosts. Returns how many.
  std::size_t retry_all();
  bool retry(const std::string& id);
  // The network is another one: a smart host that could not be reached is tried at once, and so is
  // the message that a connection was lost with. False: there is no need to.
  bool network_changed();
  Administration& administration() { return administration_; }

  // Begins nothing more; what is in flight is finished, within the span if there is one; then calls
  // back. The last call counts.
  void finish(std::optional<Milliseconds> within, std::function<void()> done);

  DeliveryStatus status() const;
  bool in_flight(const std::string& id) const;
  // When the message is tried next, as far as its own schedule is concerned.
  std::optional<Time> next_try(const std::string& id) const;
  // Why it waits, as far as that is no trouble of its own; may be empty.
  std::string reason(const std::string& id) const;

 private:
  struct Host {
    Conversation::Options options;
    const net::TlsContext* tls;
    std::list<std::unique_ptr<Conversation>> conversations{};
    Learned learned{};
  };

  std::optional<smtp::Transaction> next_transaction(const Conversation& conversation) override;
  const Outgoing& message_of(smtp::TransactionId id) override;
  void on_final_dot(smtp::TransactionId id) override;
  bool on_report(const Conversation& conversation, smtp::TransactionReport report) override;
  void on_over(const Conversation& conversation, std::optional<smtp::Close::Trouble> trouble,
               bool used) override;

  unsigned attempts(const std::string& id, unsigned in_all) const override;
  void on_put_back(const std::string& id, Time arrival, Milliseconds delay, Care care) override;
  void on_gone(const std::string& id) override;
  void on_relief() override { pump(); }

  Standing standing(const std::string& id) const override;
  std::string carrier(const std::string& id) const override { return digester_.carrier(id); }
  void dissolve(const std::string& digest) override { digester_.dissolve(digest); }

  void adopt();
  void take_up(const queue::Adopted& entry, std::string_view client = {});

  void pump();
  void pump_soon();
  void wake_conversations(bool on_probation);
  void open_connection(std::size_t host);
  void wake_when_due();
  std::vector<Dispatch::Load> loads() const;
  std::size_t host_of(const Conversation& conversation) const;
  std::size_t connections() const;
  bool may_begin(std::size_t host, const Conversation& conversation) const;
  std::size_t most_recipients(std::size_t host, const smtp::Extensions& offered) const;
  std::optional<Outgoing> load_next(std::size_t host, const Conversation& conversation,
                                    bool plain_only);

  bool sent_again(InFlight::Sent& sent, const Conversation& conversation,
                  smtp::TransactionReport& report);
  Judgement judge_sent(const InFlight::Sent& sent, const smtp::TransactionReport& report);
  void judge_end(const Conversation& conversation, const smtp::Close::Trouble& trouble, bool used);
  void forget_pauses();
  SmartHostStatus status_of(std::size_t host) const;
  bool finishing() const { return finished_ != nullptr; }
  void finish_if_idle();
  Moment moment();

  net::EventLoop& loop_;
  queue::Queue& queue_;
  const config::Settings& settings_;
  config::SmartHostRoutes routes_;
  RetryLimits retry_;
  Log& log_;
  Board& board_;
  std::vector<Host> hosts_;
  Submitters submitters_;
  Digester digester_;
  Dispatch dispatch_;
  Recorder recorder_;
  Administration administration_;
  Stock stock_;
  InFlight in_flight_;
  net::Timer wake_timer_;
  net::Timer look_timer_;
  net::Timer finish_timer_;
  bool adopting_ = false;
  bool pumping_soon_ = false;
  std::function<void()> finished_;
  std::minstd_rand random_;
};

}  // namespace mailchute::relay
