// SPDX-License-Identifier: GPL-3.0-or-later
// Makes durable what comes in by a socket: entries that are complete at the same time together. A
// sync is what a submission costs, and many cost hardly more than one.
#pragma once

#include <list>
#include <vector>

#include "base/error.h"
#include "net/event_loop.h"
#include "queue/queue.h"

namespace mailchute::mailchuted {

class Committer {
 public:
  // Who has an entry to be queued; there as long as it is handed in.
  class Client {
   public:
    virtual ~Client() = default;
    virtual queue::OwnEntryWriter& entry() = 0;  // complete
    // False: it is not to be queued after all. Asked at the last moment.
    virtual bool still_wanted() const { return true; }
    // The entry is in cur/ and durable; or it is not there. May destroy the client.
    virtual void on_committed(const Result<>& result) = 0;
  };

  // Both outlive it.
  Committer(net::EventLoop& loop, queue::Queue& queue) : loop_(loop), queue_(queue) {}

  // Soon: others that are complete in this turn of the loop come along.
  void add(Client& client);
  void remove(const Client& client);

 private:
  void commit();
  std::vector<Result<>> make_durable(const std::vector<Client*>& clients);

  net::EventLoop& loop_;
  queue::Queue& queue_;
  std::list<Client*> waiting_;
};

}  // namespace mailchute::mailchuted
