// SPDX-License-Identifier: GPL-3.0-or-later
// A worker as its keeper sees it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "mailchuted/leash.h"
#include "mailchuted/orders.h"
#include "mailchuted/premises.h"
#include "relay/board.h"

namespace mailchute::mailchuted {

// Stands still while the machine is suspended: nobody is blamed for that time.
using Steady = std::chrono::steady_clock;

struct WorkerProcess {
  enum class Stage {
    starting,   // until it is ready
    prepared,   // waits until the one before it has retired
    beginning,  // until it takes care of mail
    working,
    retiring,  // until it has said so
    retired,   // finishes what it has in hand
  };

  WorkerProcess(pid_t process, relay::Board shown, Leash end, Places used)
      : pid(process), board(std::move(shown)), leash(std::move(end)), places(std::move(used)) {}

  bool say(Message::Kind kind, std::string text = {}) const {
    return leash.say({kind, std::move(text), {}});
  }
  pid_t pid;
  relay::Board board;
  Leash leash;
  Places places;
  Stage stage = Stage::starting;
  Steady::time_point since = Steady::now();
  Steady::time_point heard = since;  // when it last said anything
  std::string trouble;               // what it said before it went
  std::string death{};               // how it died, once it has
  std::set<std::string>
      left_to_it;        // ids that the worker in force does not touch until it has gone
  unsigned reloads = 0;  // asked for, and not yet attended to
  unsigned reloads_under_way = 0;
  bool leash_open = true;
  std::optional<Steady::time_point> condemned;  // it hung, and was told to die then
};

}  // namespace mailchute::mailchuted
