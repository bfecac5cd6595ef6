// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/keeper.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

constexpr Seconds kLongestRest{60};  // between two workers that die
constexpr Seconds kStopWithin{15};   // for a worker to stop, who gives himself eight
constexpr Seconds kOverslept{2};  // later than that after a deadline: this process was stopped, too

sys::UniqueFd watch_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return sys::UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

// For poll(2), rounded up.
int span_until(std::optional<Steady::time_point> deadline) {
  if (!deadline) return -1;
  const auto span = std::chrono::ceil<Milliseconds>(*deadline - Steady::now()).count();
  return static_cast<int>(std::clamp<decltype(span)>(span, 0, 3600 * 1000));
}

Keeper::OpenLog counting(Keeper::OpenLog open, Tally& tally) {
  return [open = std::move(open), &tally](const config::Settings& settings) {
    return std::make_unique<CountingLog>(open(settings), tally);
  };
}

}  // namespace

Keeper::Keeper(Orders orders, OpenLog open_log, sys::Notify notify, Premises premises,
               std::function<void()> started)
    : tally_(sys::now()),
      orders_(std::move(orders)),
      open_log_(counting(std::move(open_log), tally_)),
      notify_(std::move(notify)),
      watchdog_(notify_),
      started_(std::move(started)),
      signals_(watch_signals()),
      premises_(std::move(premises)) {
  orders_.log = open_log_(orders_.settings);
  protect_password(orders_);
}

// Not in the clear where somebody may listen: what was handed over is not in the settings.
void Keeper::protect_password(Orders& orders) const {
  if (premises_.smtp().reached_from_outside()) orders.reception.server.auth_without_tls = false;
}

void Keeper::log_troubles(const std::vector<std::string>& troubles) {
  for (const std::string& trouble : troubles) {
    log()(Event("listener-failed", Severity::error).with("reason", trouble));
  }
}

Result<> Keeper::run() {
  if (auto first = start(orders_); !first) {
    log_cannot_start(first.error().text);
    return first;
  }
  follow_aliases();
  while (!(stop_by_ && workers_.empty())) {
    wait();
    take_signals();
    for (WorkerProcess& worker : workers_) hear(worker);
    reap();
    look_at_aliases();
    if (cannot_begin_) return failure(*cannot_begin_);
    reload_if_wanted();
    sound_alarm();
    keep_time();
  }
  return {};
}

// Until there is something to do.
void Keeper::wait() {
  std::vector<pollfd> watched{{signals_.get(), POLLIN, 0}};
  for (const WorkerProcess& worker : workers_) {
    if (worker.leash_open) watched.push_back({worker.leash.fd(), POLLIN, 0});
  }
  if (const auto fd = pager_.output(); fd && !stop_by_) watched.push_back({*fd, POLLIN, 0});
  for (const int fd : aliases_.fds()) watched.push_back({fd, POLLIN, 0});
  deadline_ = next_deadline();
  ::poll(watched.data(), watched.size(), span_until(deadline_));
}

std::optional<Steady::time_point> Keeper::next_deadline() const {
  auto next = watchdog_.next_sign();
  const auto consider = [&](Steady::time_point time) {
    next = std::min(next.value_or(time), time);
  };
  if (stop_by_) consider(*stop_by_);
  else if (in_force_ == nullptr && coming_ == nullptr) consider(rest_until_);
  if (aliases_due_) consider(*aliases_due_);
  if (!stop_by_) {
    for (const WorkerProcess& worker : workers_) consider(watchdog_.deadline(worker));
    if (const auto time = pager_.deadline()) consider(*time);
    if (const auto time = alarm_.next(orders_.settings.alarm)) consider(*time);
    if (const auto time = worker_is_well_at()) consider(*time);
    if (const auto time = relapses_.over_at()) consider(*time);
  }
  return next;
}

void Keeper::take_signals() {
  signalfd_siginfo signal;
  while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGHUP) reload_wanted_ = true;
    if (signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT) stop();
  }
}

void Keeper::stop() {
  if (stop_by_) return;
  stop_by_ = Steady::now() + kStopWithin;
  notify_.stopping();
  for (const WorkerProcess& worker : workers_) ::kill(worker.pid, SIGTERM);
}

void Keeper::keep_time() {
  const auto now = Steady::now();
  if (stop_by_) {
    if (now < *stop_by_) return;
    for (const WorkerProcess& worker : workers_) ::kill(worker.pid, SIGKILL);
    stop_by_ = now + kStopWithin;
    return;
  }
  const bool overslept = deadline_ && now > *deadline_ + kOverslept;
  for (WorkerProcess& worker : workers_) {
    if (overslept) worker.heard = now;
    watchdog_.look_at(worker, now, log());
  }
  const bool stuck = std::any_of(workers_.begin(), workers_.end(), [](const WorkerProcess& worker) {
    return worker.condemned.has_value();
  });
  watchdog_.sign(!stuck, now);
  if (in_force_ == nullptr && coming_ == nullptr && now >= rest_until_) start_again();
}

void Keeper::start_again() {
  if (auto started = start(orders_); !started) {
    log_cannot_start(started.error().text);
    worker_failed("no worker can be started: " + started.error().text);
    rest(nullptr);
  }
}

// Workers that die one after the other come back more and more slowly.
void Keeper::rest(const WorkerProcess* worker) {
  const auto now = Steady::now();
  if (worker != nullptr && now - worker->since > kLongestRest) rest_ = Seconds(1);
  rest_until_ = now + rest_;
  rest_ = std::min(2 * rest_, kLongestRest);
}

}  // namespace mailchute::mailchuted
