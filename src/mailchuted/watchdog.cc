// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/watchdog.h"

#include <algorithm>
#include <csignal>

namespace mailchute::mailchuted {
namespace {

using Stage = WorkerProcess::Stage;

constexpr Milliseconds kSilence = Seconds(60);
// Before it works it says nothing: it may have a large queue to read, on a slow disk.
constexpr Milliseconds kStart = Seconds(300);
constexpr Milliseconds kDying = Seconds(5);

// Half of what the service manager grants, so that a new worker is there before it loses patience.
Milliseconds limit(const sys::Notify& notify) {
  if (!notify.patience()) return kSilence;
  return std::min(kSilence, std::chrono::duration_cast<Milliseconds>(*notify.patience() / 2));
}

bool is_silent(Stage stage) {
  return stage == Stage::starting || stage == Stage::prepared || stage == Stage::beginning;
}

}  // namespace

Watchdog::Watchdog(const sys::Notify& notify) : notify_(notify), limit_(limit(notify)) {}

Milliseconds Watchdog::pulse() const { return std::max(limit_ / 4, Milliseconds(1)); }

Steady::time_point Watchdog::deadline(const WorkerProcess& worker) const {
  if (worker.condemned) return *worker.condemned;
  return worker.heard + (is_silent(worker.stage) ? std::max(limit_, kStart) : limit_);
}

void Watchdog::look_at(WorkerProcess& worker, Steady::time_point now, Log& log) const {
  if (now < deadline(worker)) return;
  if (worker.condemned) {
    ::kill(worker.pid, SIGKILL);
  } else {
    const auto silence = std::chrono::duration_cast<Seconds>(now - worker.heard).count();
    log(Event("worker-stuck", Severity::error)
            .with("pid", static_cast<std::uint64_t>(worker.pid))
            .with("silent_for", std::to_string(silence) + "s"));
    ::kill(worker.pid, SIGABRT);
    ::kill(worker.pid, SIGCONT);  // one that is stopped would never die of it
  }
  worker.condemned = now + kDying;
}

std::optional<Steady::time_point> Watchdog::next_sign() const {
  if (!notify_.patience()) return std::nullopt;
  return signed_ + *notify_.patience() / 3;
}

void Watchdog::sign(bool all_well, Steady::time_point now) {
  const auto due = next_sign();
  if (!due || now < *due) return;
  signed_ = now;
  if (all_well) notify_.alive();
}

}  // namespace mailchute::mailchuted
