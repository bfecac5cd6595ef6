// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "mailchuted/keeper.h"
#include "mailchuted/worker.h"
#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

using Kind = Message::Kind;
using Stage = WorkerProcess::Stage;

constexpr Milliseconds kOldWorkers = Seconds(10);    // of a keeper that died, to go
constexpr Milliseconds kAliasesSettle = Seconds(1);  // editors write a file in several steps
// Workers that may die before one has begun: of want of memory, say, while the machine starts.
constexpr int kFirstWorkers = 3;

// For people.
std::string death_of(int status) {
  if (WIFSIGNALED(status)) return "of signal " + std::to_string(WTERMSIG(status));
  return "with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<> Keeper::start(const Orders& orders) {
  // At a reload nobody is kept waiting.
  const Milliseconds patience = begun_ ? Milliseconds(0) : kOldWorkers;
  if (auto entered = premises_.enter(orders.settings, patience); !entered) return entered;
  auto board = relay::Board::create();
  if (!board) return failure(board.error());
  auto ends = Leash::make();
  if (!ends) return failure(ends.error());
  const pid_t keeper = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become_worker(keeper, orders, std::move(*board), std::move(ends->worker));
  if (pid < 0) return failure(Error::from_errno("start", "a worker"));
  workers_.emplace_back(pid, std::move(*board), std::move(ends->keeper), Places(orders.settings));
  coming_ = &workers_.back();
  return {};
}

// What is the keeper's is let go of, or it would live as long as the worker.
void Keeper::become_worker(pid_t keeper, const Orders& orders, relay::Board board, Leash leash) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != keeper) ::_exit(0);  // it died before this could be asked for
  const bool shared = !workers_.empty();
  workers_.clear();
  const Places places(orders.settings);
  premises_.leave_all_but({&places});
  signals_.reset();
  aliases_ = AliasWatch();
  Post post{orders,
            board,
            tally_,
            leash,
            premises_.socket(orders.settings.control_socket()),
            premises_.socket(orders.settings.submission_socket()),
            premises_.smtp().for_worker(orders.settings),
            shared,
            watchdog_.pulse(),
            static_cast<bool>(notify_),
            started_};
  premises_.close_sockets();
  ::_exit(work(std::move(post)));
}

void Keeper::tidy_premises() {
  const Places present(orders_.settings);
  std::list<const Places*> used{&present};
  for (const WorkerProcess& worker : workers_) used.push_back(&worker.places);
  premises_.leave_all_but(used);
}

// What they say

void Keeper::hear(WorkerProcess& worker) {
  while (worker.leash_open) {
    auto message = worker.leash.hear();
    if (!message) return;
    worker.leash_open = message->kind != Kind::gone;
    worker.heard = Steady::now();
    obey(worker, std::move(*message));
  }
}

// What does not fit its stage is ignored: a worker may be in an attacker's hands.
void Keeper::obey(WorkerProcess& worker, Message message) {
  switch (message.kind) {
    case Kind::ready:
      if (&worker == coming_ && worker.stage == Stage::starting) on_ready();
      return;
    case Kind::cannot: worker.trouble = std::move(message.text); return;
    case Kind::working:
      if (worker.stage == Stage::beginning) on_working(worker);
      return;
    case Kind::retired:
      if (worker.stage == Stage::retiring) on_retired(worker);
      return;
    case Kind::status:
      if (&worker != in_force_) return;
      status_ = std::move(message.text);
      return tell_status();
    case Kind::signs:
      if (&worker == in_force_) hear_condition(message.text);
      return;
    case Kind::reload:
      ++worker.reloads;
      reload_wanted_ = true;
      return;
    case Kind::came:
      if (in_force_ != nullptr && in_force_ != &worker) in_force_->say(Kind::left);
      return;
    case Kind::alive:
    case Kind::gone:
    case Kind::begin:
    case Kind::left:
    case Kind::retire:
    case Kind::alarm:
    case Kind::reloaded:
    case Kind::put_off: return;
  }
}

// From here on the new configuration is in force, whatever becomes of this worker.
void Keeper::on_ready() {
  coming_->stage = Stage::prepared;
  if (next_orders_) {
    orders_ = std::move(*next_orders_);
    next_orders_.reset();
    follow_aliases();
  }
  if (in_force_ == nullptr) return begin();
  in_force_->stage = Stage::retiring;
  in_force_->say(Kind::retire);
}

void Keeper::on_retired(WorkerProcess& worker) {
  worker.stage = Stage::retired;
  worker.places.sockets.clear();  // nobody is to wait for it
  worker.places.smtp.clear();
  in_force_ = nullptr;
  if (coming_ != nullptr && coming_->stage == Stage::prepared) begin();
}

void Keeper::begin() {
  in_force_ = std::exchange(coming_, nullptr);
  in_force_->stage = Stage::beginning;
  Message message{Kind::begin, {}, casualties_.left()};
  for (WorkerProcess& worker : workers_) {
    if (worker.stage != Stage::retired) continue;
    worker.left_to_it.clear();
    for (const auto& [id, sent] : worker.board.in_hand()) worker.left_to_it.insert(id);
    message.inheritance.elsewhere.insert(worker.left_to_it.begin(), worker.left_to_it.end());
  }
  in_force_->leash.say(message);
  tell_of_alarm();
}

void Keeper::on_working(WorkerProcess& worker) {
  worker.stage = Stage::working;
  casualties_.told();
  if (!std::exchange(begun_, true)) started_();
  if (reloading_) return reload_over({});
  notify_.ready();
}

// How they go

void Keeper::reap() {
  for (auto worker = workers_.begin(); worker != workers_.end();) {
    int status = 0;
    if (::waitpid(worker->pid, &status, WNOHANG) != worker->pid) {
      ++worker;
      continue;
    }
    if (&*worker == coming_) coming_ = nullptr;
    hear(*worker);  // its last words
    if (&*worker == in_force_) in_force_ = nullptr;
    WorkerProcess gone = std::move(*worker);
    worker = workers_.erase(worker);
    on_exit(std::move(gone), status);
    tidy_premises();
  }
}

void Keeper::on_exit(WorkerProcess worker, int status) {
  if (stop_by_) return;
  if (worker.trouble.empty()) worker.death = death_of(status);
  if (worker.stage == Stage::retired && status == 0) casualties_.left_behind(worker.board);
  else if (worker.trouble.empty()) log_death(worker, status);
  switch (worker.stage) {
    case Stage::starting:
    case Stage::prepared: return on_exit_before_begin(worker);
    case Stage::beginning:
    case Stage::working:
    case Stage::retiring: return on_exit_in_force(worker);
    case Stage::retired: return on_exit_retired(worker);
  }
}

void Keeper::on_exit_before_begin(const WorkerProcess& worker) {
  const std::string why =
      worker.trouble.empty() ? "the worker died while it started" : worker.trouble;
  if (reloading_) return reload_over(failure(Error::Kind::config, why));
  log_cannot_start(why);
  worker_failed(worker);
  const bool died = worker.trouble.empty();
  if (begun_ || (died && ++died_at_first_ < kFirstWorkers)) return rest(&worker);
  cannot_begin_ = Error{died ? Error::Kind::system : Error::Kind::config, why};
}

void Keeper::on_exit_in_force(const WorkerProcess& worker) {
  worker_failed(worker);
  if (!worker.trouble.empty()) log_cannot_start(worker.trouble);
  if (!worker.trouble.empty() && !begun_)
    cannot_begin_ = Error{Error::Kind::config, worker.trouble};
  if (worker.stage == Stage::beginning && reloading_) {
    const std::string why = worker.trouble.empty() ? "it died" : worker.trouble;
    reload_over(
        failure(Error::Kind::config,
                "the new configuration is in force, but its worker could not begin: " + why));
  }
  if (coming_ == nullptr) return rest(&worker);
  if (coming_->stage == Stage::prepared) begin();
}

void Keeper::on_exit_retired(const WorkerProcess& worker) {
  if (std::exchange(reload_put_off_, false)) reload_wanted_ = true;
  if (in_force_ == nullptr) return;  // the next one finds it all in the queue
  Message message{Kind::left, {}, casualties_.left()};
  message.inheritance.elsewhere = worker.left_to_it;
  in_force_->leash.say(message);
  if (in_force_->stage == Stage::working) casualties_.told();
}

void Keeper::log_death(const WorkerProcess& worker, int status) {
  std::string ids;
  for (const std::string& id : casualties_.died(worker.board, sys::boot_now())) {
    ids.append(ids.empty() ? "" : ",").append(id);
  }
  const int fate = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  Event event =
      Event("worker-died", Severity::error)
          .with(WIFSIGNALED(status) ? "signal" : "status", static_cast<std::uint64_t>(fate));
  log()(ids.empty() ? std::move(event) : std::move(event).with("id", ids));
}

// What is wrong in them is said when they come into force.
void Keeper::follow_aliases() {
  for (const std::string& line : orders_.routing.router.complaints()) {
    log()(Event("bad-alias", Severity::warning).with("reason", line));
  }
  aliases_ = AliasWatch(orders_.routing.files);
  aliases_due_.reset();
}

void Keeper::look_at_aliases() {
  const auto now = Steady::now();
  if (aliases_.changed() && !aliases_due_) aliases_due_ = now + kAliasesSettle;
  if (!aliases_due_ || now < *aliases_due_) return;
  aliases_due_.reset();
  reload_wanted_ = true;
}

void Keeper::log_cannot_start(const std::string& reason) {
  log()(Event("cannot-start", Severity::error).with("reason", reason));
}

}  // namespace mailchute::mailchuted
