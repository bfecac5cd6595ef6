// SPDX-License-Identifier: GPL-3.0-or-later
// The process that works: queue, delivery, sockets. It reads no configuration and runs no program;
// what it needs is handed over when it is made, and its keeper says when to begin and when to make
// room for another.
#pragma once

#include <functional>
#include <vector>

#include "base/clock.h"
#include "mailchuted/leash.h"
#include "mailchuted/orders.h"
#include "mailchuted/smtp_sockets.h"
#include "mailchuted/tally.h"
#include "relay/board.h"
#include "sys/unique_fd.h"

namespace mailchute::mailchuted {

// What a worker is given. The lock on the queue is its keeper's.
struct Post {
  const Orders& orders;
  relay::Board& board;
  Tally& tally;
  const Leash& keeper;
  sys::UniqueFd control;      // listens
  sys::UniqueFd submissions;  // listens, or none
  std::vector<SmtpSocket> smtp;
  bool shared;                           // older workers still have the queue open
  Milliseconds pulse;                    // how often it tells that it is alive
  bool tells_status;                     // to be shown by a service manager
  const std::function<void()>& started;  // called when mail is taken care of
};

// Until it was told to retire and all is finished, or until SIGTERM, which must be blocked. Returns
// the exit status.
int work(Post post);

}  // namespace mailchute::mailchuted
