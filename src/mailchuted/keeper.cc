// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/keeper.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "config/load.h"
#include "mailchuted/worker.h"
#include "sys/unique_fd.h"

namespace mailchute::mailchuted {
namespace {

constexpr int kLongestRest = 60;  // seconds between two workers that die

sigset_t watched_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::sigaddset(&signals, signal);
  return signals;
}

class Keeper {
 public:
  Keeper(Orders orders, Log& log) : orders_(std::move(orders)), log_(log), signals_(watched_signals()) {
    ::sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }

  int run(const std::function<void()>& started);

 private:
  bool start_worker();  // true once it takes care of mail
  void reload();
  int wait_for_signal(int seconds) const;  // 0: none came; -1 seconds: for ever
  void stop_worker() const {
    if (worker_ > 0) ::kill(worker_, SIGTERM);
  }
  // Takes the worker's exit; false when it still runs.
  bool reap();
  void log_exit(int status);

  Orders orders_;
  Log& log_;
  sigset_t signals_;
  pid_t worker_ = -1;
  int exit_status_ = 0;
  int rest_ = 1;
  bool stopping_ = false;
  bool reloading_ = false;
};

bool Keeper::start_worker() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  sys::UniqueFd ready(ends[0]);
  worker_ = ::fork();
  if (worker_ == 0) {
    ready.reset();
    ::_exit(work(orders_.settings, orders_.password, log_, ends[1]));
  }
  ::close(ends[1]);
  char octet;
  return worker_ > 0 && ::read(ready.get(), &octet, 1) == 1;
}

int Keeper::wait_for_signal(int seconds) const {
  const timespec limit{seconds, 0};
  for (;;) {
    const int signal = seconds < 0 ? ::sigwaitinfo(&signals_, nullptr)
                                   : ::sigtimedwait(&signals_, nullptr, &limit);
    if (signal > 0) return signal;
    if (errno == EAGAIN) return 0;
  }
}

bool Keeper::reap() {
  int status = 0;
  if (worker_ <= 0 || ::waitpid(worker_, &status, WNOHANG) != worker_) return false;
  worker_ = -1;
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (!stopping_ && !reloading_) log_exit(status);
  return true;
}

void Keeper::log_exit(int status) {
  Event event("worker-died", Severity::error);
  log_(WIFSIGNALED(status)
           ? std::move(event).with("signal", static_cast<std::uint64_t>(WTERMSIG(status)))
           : std::move(event).with("status", static_cast<std::uint64_t>(WEXITSTATUS(status))));
}

// A configuration with a mistake changes nothing.
void Keeper::reload() {
  auto orders = read_orders(orders_.settings.file);
  if (!orders) {
    log_(Event("reload-refused", Severity::error).with("reason", orders.error().text));
    return;
  }
  log_(Event("reload", Severity::notice));
  orders_ = std::move(*orders);
  reloading_ = true;
  stop_worker();
}

int Keeper::run(const std::function<void()>& started) {
  if (!start_worker()) {
    int status = 0;
    ::waitpid(worker_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 70;
  }
  started();
  for (;;) {
    const int signal = wait_for_signal(worker_ > 0 ? -1 : rest_);
    if (signal == SIGHUP) reload();
    if (signal == SIGTERM || signal == SIGINT) {
      stopping_ = true;
      stop_worker();
    }
    const bool gone = reap();
    if (stopping_ && worker_ <= 0) return 0;
    if (gone && !reloading_) continue;  // rests first
    if (worker_ > 0) continue;
    rest_ = reloading_ ? 1 : std::min(2 * rest_, kLongestRest);
    reloading_ = false;
    start_worker();
  }
}

// Takes one line a mistake.
std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(text.empty() ? "" : "\n").append(line);
  return text;
}

}  // namespace

Result<Orders> read_orders(const std::string& file) {
  config::Loaded loaded = config::load(file);
  Orders orders{std::move(loaded.settings), {}};
  if (orders.settings.smart_host && !orders.settings.smart_host->password_file.empty()) {
    auto password = secret::read_password_file(orders.settings.smart_host->password_file, orders.settings.group);
    if (password) orders.password = std::move(*password);
    else loaded.mistakes.push_back(password.error().text);
  }
  if (!loaded.mistakes.empty()) return failure(Error::Kind::config, joined(loaded.mistakes));
  return orders;
}

int keep(Orders orders, Log& log, const std::function<void()>& started) {
  return Keeper(std::move(orders), log).run(started);
}

}  // namespace mailchute::mailchuted
