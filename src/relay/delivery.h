// SPDX-License-Identifier: GPL-3.0-or-later
// Takes messages from the queue to the smart host. Every outcome is a fact on disk before anything
// else happens with it; what the facts mean is verdict.h's to say, when to try again retry.h's.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>

#include "base/log.h"
#include "config/settings.h"
#include "net/event_loop.h"
#include "net/tls.h"
#include "queue/queue.h"
#include "relay/conversation.h"
#include "relay/health.h"
#include "relay/outgoing.h"
#include "relay/schedule.h"
#include "relay/verdict.h"

namespace mailchute::relay {

struct DeliveryStatus {
  std::size_t waiting = 0;    // messages in the queue
  std::size_t in_flight = 0;
  std::uint64_t delivered = 0;  // since start
  std::string smart_host;       // host:port
  std::string last_error;
  std::optional<Seconds> paused_for;
  std::optional<Time> oldest;
};

class Delivery : private ConversationUser {
 public:
  // All but `settings` outlive it; `password` is borrowed.
  Delivery(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
           std::string_view password, net::TlsContext* tls, Log& log);

  // What is in cur/ already. Without it nothing would ever be done about that mail.
  Result<> load_queue();
  // Adopts what is new, and goes on; from then on now and then, whether or not somebody asks.
  void look_for_new_mail();
  // Now, not when its time comes; also ends a pause of the smart host. Returns how many.
  std::size_t retry_all();
  bool retry(const std::string& id);
  // Puts a held or failed message back, to be tried now.
  Result<> release(const std::string& id);

  // What is in flight is finished, within the span; then calls back.
  void finish(Milliseconds within, std::function<void()> done);

  DeliveryStatus status() const;
  bool in_flight(const std::string& id) const;
  // When the message is tried next, as far as its own schedule is concerned.
  std::optional<Time> next_try(const std::string& id) const;

 private:
  // What became of a message, to be made a fact on disk.
  struct Attempt {
    Outgoing message;
    std::vector<queue::Outcome> outcomes;
    queue::RetryInfo info;
  };

  std::optional<smtp::Transaction> next_transaction() override;
  const Outgoing& message_of(smtp::TransactionId id) override;
  void on_report(smtp::TransactionReport report) override;
  void on_over(std::optional<smtp::Close::Trouble> trouble, bool used) override;

  void adopt();
  void pump();
  void wake_when_due();
  bool may_begin() const;
  bool too_much_unrecorded() const { return unrecorded_.size() >= settings_.sync_every; }
  std::optional<Outgoing> load_next();
  Result<Outgoing> load(const std::string& id);
  void record(Outgoing message, Judgement judgement);
  void expire(Judgement& judgement) const;
  void hold(Outgoing& message, const Judgement& judgement);
  bool settle(Attempt& attempt);
  void record_later();
  std::vector<queue::Outcome> outcomes(const Outgoing& message, const Judgement& judgement) const;
  void defer(const Attempt& attempt);
  void judge_smart_host(const std::string& id, const Judgement& judgement, bool local);
  void log_verdicts(const Outgoing& message, const Judgement& judgement);
  void put_back(const std::string& id, Time arrival, Milliseconds delay);
  void sync_soon();
  void sync_now();
  void finish_if_idle();
  std::string relay_name() const;
  double chance();

  net::EventLoop& loop_;
  queue::Queue& queue_;
  const config::Settings& settings_;
  Conversation::Options conversation_options_;
  RetryLimits retry_;
  net::TlsContext* tls_;
  Log& log_;
  Schedule schedule_;
  Health health_;
  std::unique_ptr<Conversation> conversation_;
  std::map<smtp::TransactionId, Outgoing> in_flight_;
  smtp::TransactionId last_id_ = 0;
  std::uint64_t delivered_ = 0;
  // The smart host's word was given but could not be written down: never sent again meanwhile.
  std::deque<Attempt> unrecorded_;
  net::Timer wake_timer_;
  net::Timer look_timer_;
  net::Timer record_timer_;
  net::Timer sync_timer_;
  net::Timer finish_timer_;
  bool syncing_soon_ = false;
  bool adopting_ = false;
  std::function<void()> finished_;
  std::minstd_rand random_;
};

}  // namespace mailchute::relay
