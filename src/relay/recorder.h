// SPDX-License-Identifier: GPL-3.0-or-later
// Makes what became of a message a fact on disk before anything else happens with it. Where that is
// not possible for now (a full disk) the outcome is kept and written later, and the message is not
// touched meanwhile: who has it already would get it once more with every attempt.
#pragma once

#include <deque>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/settings.h"
#include "net/event_loop.h"
#include "queue/queue.h"
#include "relay/ages.h"
#include "relay/bounce.h"
#include "relay/delivery_log.h"
#include "relay/outgoing.h"
#include "relay/retry.h"
#include "relay/schedule.h"
#include "relay/verdict.h"

namespace mailchute::relay {

class RecorderUser {
 public:
  virtual ~RecorderUser() = default;
  // The message is to be tried again after the span.
  virtual void on_put_back(const std::string& id, Time arrival, Milliseconds delay, Care care) = 0;
  // How often it has been tried by the route that it is in hand for, of so many attempts.
  virtual unsigned attempts(const std::string& id, unsigned in_all) const = 0;
  // It is not in cur/ any more.
  virtual void on_gone(const std::string& id) = 0;
  // There may be more to do now: outcomes that could not be written have been, or more is known.
  virtual void on_relief() = 0;
};

class Recorder {
 public:
  // All outlive it.
  Recorder(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
           RecorderUser& user, Log& log);

  // For an entry that owes a notification when it is loaded. False: it must not be sent for now,
  // and the user knows what becomes of it.
  bool settle_owed(queue::Entry& entry);
  Bouncer& bouncer() { return bouncer_; }
  Ages& ages() { return ages_; }

  // `judgement` is not `untouched`; it came `via` that connection. What is too old expires.
  void record(Outgoing message, Judgement judgement, const Via& via);

  // So much could not be written that nothing more should be begun.
  bool overwhelmed() const { return unrecorded_.size() >= settings_.sync_every; }
  // Ids of the messages whose outcome could not be written yet.
  std::vector<std::string> unrecorded() const;
  // The end: tries once more what could not be written, and makes everything durable.
  void finish();

 private:
  struct Attempt {
    Outgoing message;
    std::vector<queue::Outcome> outcomes;
    queue::RetryInfo info;
    Care care;
    bool late;  // the sender is told if it has to wait once more
  };

  bool settle(Attempt& attempt);
  queue::Disposition bounce(queue::Entry& entry, queue::Disposition recorded, Time last_attempt);
  bool not_recorded(const Attempt& attempt, const Error& error);
  void record_later();
  void hold(Outgoing& message, const std::string& reason);
  void defer(const queue::Entry& entry, queue::RetryInfo info, Care care);
  void sync_soon();
  void sync_now();

  queue::Queue& queue_;
  const config::Settings& settings_;
  RecorderUser& user_;
  Log& log_;
  RetryLimits retry_;
  Bouncer bouncer_;
  Ages ages_;
  // The smart host's word was given but could not be written down.
  std::deque<Attempt> unrecorded_;
  net::Timer record_timer_;
  net::Timer sync_timer_;
  bool syncing_soon_ = false;
  std::minstd_rand random_;
};

}  // namespace mailchute::relay
