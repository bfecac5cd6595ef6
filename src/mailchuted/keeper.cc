// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/keeper.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "config/load.h"
#include "mailchuted/worker.h"
#include "sys/clock.h"
#include "sys/unique_fd.h"

namespace mailchute::mailchuted {
namespace {

constexpr int kLongestRest = 60;  // seconds between two workers that die
constexpr int kStopWithin = 15;   // seconds for a worker to stop, who gives himself eight
constexpr int kCannotStart = 78;  // EX_CONFIG

sigset_t watched_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::sigaddset(&signals, signal);
  return signals;
}

// What a new worker says: one octet when it takes care of mail, else why it cannot.
constexpr char kReady = '\n';

Result<> read_readiness(int pipe) {
  std::string said;
  std::array<char, 1024> piece;
  for (ssize_t n; (n = ::read(pipe, piece.data(), piece.size())) > 0;) {
    said.append(piece.data(), static_cast<std::size_t>(n));
    if (said.front() == kReady) return {};
  }
  return failure(Error::Kind::config, said.empty() ? "the worker died while it started" : said);
}

class Keeper {
 public:
  Keeper(Orders orders, Log& log, const std::function<void()>& started)
      : orders_(std::move(orders)), log_(log), started_(started), signals_(watched_signals()) {
    ::sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }

  Result<> run();

 private:
  Result<> start_worker();  // until it takes care of mail
  int be_worker(pid_t keeper, sys::UniqueFd report);
  void reload();
  int wait_for_signal(int seconds) const;  // 0: none came; -1 seconds: for ever
  void stop_worker(int signal = SIGTERM) const {
    if (worker_ > 0) ::kill(worker_, signal);
  }
  int patience() const {
    if (worker_ <= 0) return rest_;
    return stopping_ || reloading_ ? kStopWithin : -1;
  }
  // Takes the worker's exit; false when it still runs.
  bool reap();
  void log_exit(int status);

  Orders orders_;
  Log& log_;
  const std::function<void()>& started_;
  sigset_t signals_;
  pid_t worker_ = -1;
  Instant worker_since_{};
  int rest_ = 1;
  bool stopping_ = false;
  bool reloading_ = false;
};

Result<> Keeper::start_worker() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failure(Error::from_errno("make", "a pipe"));
  const sys::UniqueFd said(ends[0]);
  sys::UniqueFd report(ends[1]);
  const pid_t keeper = ::getpid();
  worker_since_ = sys::boot_now();
  worker_ = ::fork();
  if (worker_ == 0) ::_exit(be_worker(keeper, std::move(report)));
  report.reset();
  if (worker_ < 0) return failure(Error::from_errno("start", "a worker"));
  return read_readiness(said.get());
}

int Keeper::be_worker(pid_t keeper, sys::UniqueFd report) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != keeper) return 0;  // it died before this could be asked for
  const auto say = [&report](std::string_view text) {
    [[maybe_unused]] const auto written = ::write(report.get(), text.data(), text.size());
    report.reset();
  };
  const auto done = work(orders_.settings, orders_.password, log_, [&] {
    started_();
    say(std::string_view(&kReady, 1));
  });
  if (done) return 0;
  log_(Event("cannot-start", Severity::error).with("reason", done.error().text));
  say(done.error().text);
  return kCannotStart;
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
  if (sys::boot_now() - worker_since_ > Seconds(kLongestRest)) rest_ = 1;
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

Result<> Keeper::run() {
  if (auto begun = start_worker(); !begun) {
    if (worker_ > 0) ::waitpid(worker_, nullptr, 0);
    return begun;
  }
  started_();
  for (;;) {
    const int signal = wait_for_signal(patience());
    if (signal == SIGHUP) reload();
    if (signal == SIGTERM || signal == SIGINT) {
      stopping_ = true;
      stop_worker();
    }
    if (signal == 0) stop_worker(SIGKILL);  // only one that does not stop has a time limit
    const bool gone = reap();
    if (stopping_ && worker_ <= 0) return {};
    if (gone && !reloading_) continue;  // rests first
    if (worker_ > 0) continue;
    rest_ = reloading_ ? 1 : std::min(2 * rest_, kLongestRest);
    reloading_ = false;
    // Why it did not start is in the log; that it is gone comes as a signal.
    if (auto begun = start_worker(); !begun && worker_ <= 0) {
      log_(Event("cannot-start", Severity::error).with("reason", begun.error().text));
    }
  }
}

// A line each.
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
    auto password = secret::read_password_file(orders.settings.smart_host->password_file,
                                               orders.settings.group, orders.settings.user);
    if (password) orders.password = std::move(*password);
    else loaded.mistakes.push_back(password.error().text);
  }
  if (!loaded.mistakes.empty()) return failure(Error::Kind::config, joined(loaded.mistakes));
  return orders;
}

Result<> keep(Orders orders, Log& log, const std::function<void()>& started) {
  return Keeper(std::move(orders), log, started).run();
}

}  // namespace mailchute::mailchuted
