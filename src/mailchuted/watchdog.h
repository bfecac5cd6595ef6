// SPDX-License-Identifier: GPL-3.0-or-later
// How long a worker may be silent before it counts as stuck, and what the service manager is told
// meanwhile.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "mailchuted/worker_process.h"
#include "sys/notify.h"

namespace mailchute::mailchuted {

class Watchdog {
 public:
  explicit Watchdog(const sys::Notify& notify);

  // How often a worker tells that it is alive.
  Milliseconds pulse() const;
  // When there is something to do about the worker, if it stays silent.
  Steady::time_point deadline(const WorkerProcess& worker) const;
  // Ends it if that time has come: SIGABRT for one that is stuck, SIGKILL for one that is beyond
  // that.
  void look_at(WorkerProcess& worker, Steady::time_point now, Log& log) const;

  // When the service manager is told again, as long as no worker is stuck.
  std::optional<Steady::time_point> next_sign() const;
  void sign(bool all_well, Steady::time_point now);

 private:
  const sys::Notify& notify_;
  Milliseconds limit_;
  Steady::time_point signed_{};
};

}  // namespace mailchute::mailchuted
