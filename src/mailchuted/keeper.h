// SPDX-License-Identifier: GPL-3.0-or-later
// The process that stays: it reads configuration and password, makes the worker, and makes a new
// one when the worker dies or the configuration is to be read again: then the new one is prepared
// first, the old one retires, the new one begins, and the old one finishes what it has in hand. It
// has no network and handles no mail; what must outlive workers (premises.h) is in its hands.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "mailchuted/alarm.h"
#include "mailchuted/alias_watch.h"
#include "mailchuted/casualties.h"
#include "mailchuted/orders.h"
#include "mailchuted/pager.h"
#include "mailchuted/premises.h"
#include "mailchuted/relapses.h"
#include "mailchuted/tally.h"
#include "mailchuted/watchdog.h"
#include "mailchuted/worker_process.h"
#include "sys/notify.h"
#include "sys/unique_fd.h"

namespace mailchute::mailchuted {

class Keeper {
 public:
  using OpenLog = std::function<std::unique_ptr<Log>(const config::Settings&)>;

  // `started` is called in each process once that takes care of mail.
  // What had to be opened as root is in `premises`.
  Keeper(Orders orders, OpenLog open_log, sys::Notify notify, Premises premises,
         std::function<void()> started);

  // What did not do at the start, and does not keep mail from going on.
  void log_troubles(const std::vector<std::string>& troubles);
  // Until SIGTERM or SIGINT. An error says why the first worker could not start, or, of kind
  // system, that the first ones died; it was logged.
  Result<> run();

 private:
  // Workers: keeper_workers.cc
  Result<> start(const Orders& orders);
  [[noreturn]] void become_worker(pid_t keeper, const Orders& orders, relay::Board board,
                                  Leash leash);
  void tidy_premises();
  void protect_password(Orders& orders) const;
  void hear(WorkerProcess& worker);
  void obey(WorkerProcess& worker, Message message);
  void on_ready();
  void on_retired(WorkerProcess& worker);
  void on_working(WorkerProcess& worker);
  void begin();
  void reap();
  void on_exit(WorkerProcess worker, int status);
  void on_exit_before_begin(const WorkerProcess& worker);
  void on_exit_in_force(const WorkerProcess& worker);
  void on_exit_retired(const WorkerProcess& worker);
  void log_death(const WorkerProcess& worker, int status);
  void log_cannot_start(const std::string& reason);
  void follow_aliases();
  void look_at_aliases();

  // Reloading: keeper_reload.cc
  void reload_if_wanted();
  Result<> prepare_reload();
  void reload_over(const Result<>& result);

  // Mail that is broken: keeper_alarm.cc
  void hear_condition(std::string_view text);
  void worker_failed(const WorkerProcess& worker);
  void worker_failed(const std::string& reason);
  std::optional<Steady::time_point> worker_is_well_at() const;
  void sound_alarm();
  void log_announcement(const Announcement& announcement);
  void tell_of_alarm();
  void tell_status();

  // Time and signals
  void wait();
  std::optional<Steady::time_point> next_deadline() const;
  void take_signals();
  void keep_time();
  void rest(const WorkerProcess* worker);
  void start_again();
  void stop();
  Log& log() { return *orders_.log; }

  Tally tally_;
  Orders orders_;
  std::optional<Orders> next_orders_;  // of the worker that comes, until it is ready
  OpenLog open_log_;
  sys::Notify notify_;
  Watchdog watchdog_;
  std::function<void()> started_;
  sys::UniqueFd signals_;
  AliasWatch aliases_;
  std::optional<Steady::time_point> aliases_due_;  // for a reload, as they have changed
  Premises premises_;
  Casualties casualties_;
  Alarm alarm_;
  Relapses relapses_;
  Condition condition_;  // as the worker in force told last
  Pager pager_;
  std::string status_;  // the same, for people
  std::list<WorkerProcess> workers_;
  WorkerProcess* in_force_ = nullptr;
  WorkerProcess* coming_ = nullptr;  // starting or prepared
  Seconds rest_{1};                  // before the next worker, if this one dies
  std::optional<Time>
      failing_since_;  // the last one died, or could not start, and no other has proved well
  Steady::time_point rest_until_{};
  std::optional<Steady::time_point> stop_by_;
  std::optional<Steady::time_point> deadline_;  // of the last wait()
  bool reload_wanted_ = false;
  bool reload_put_off_ = false;  // until an old worker has gone
  bool reloading_ = false;
  bool begun_ = false;     // some worker took care of mail
  int died_at_first_ = 0;  // before that
  std::optional<Error> cannot_begin_;
};

}  // namespace mailchute::mailchuted
