// SPDX-License-Identifier: GPL-3.0-or-later
// Workers that die now and then. The next one lives on, and mail goes on: each death for itself is
// no trouble. The third within an hour is, until an hour has passed without any.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "mailchuted/condition.h"
#include "mailchuted/worker_process.h"

namespace mailchute::mailchuted {

class Relapses {
 public:
  static constexpr std::size_t kTooMany = 3;
  static constexpr Seconds kWithin{3600};

  // How a worker died, "of signal 11". `again`: the one before had failed as well and none was well
  // since, which is a case of its own: together they count as one.
  void died(const std::string& how, bool again, Steady::time_point now, Time wall);

  // Forgets what is over.
  Sign sign(Steady::time_point now);
  // The first death that is not forgotten.
  std::optional<Steady::time_point> began() const { return began_; }
  // When the trouble is over if nobody dies until then; nothing where there is none.
  std::optional<Steady::time_point> over_at() const;

 private:
  std::deque<Steady::time_point> recent_;  // kTooMany at most
  std::optional<Steady::time_point> began_;
  Steady::time_point last_{};
  Time since_{};
  std::string how_;  // the last one
  unsigned deaths_ = 0;
  bool too_many_ = false;
};

}  // namespace mailchute::mailchuted
