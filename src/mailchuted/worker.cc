// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/worker.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "mailchuted/control_server.h"
#include "mailchuted/reconnect.h"
#include "mailchuted/smtp_server.h"
#include "mailchuted/status_text.h"
#include "mailchuted/submission_server.h"
#include "net/event_loop.h"
#include "net/tls.h"
#include "queue/queue.h"
#include "relay/delivery.h"
#include "sys/clock.h"
#include "sys/folder_watch.h"

namespace mailchute::mailchuted {
namespace {

using Kind = Message::Kind;

// What is in flight may take this long after SIGTERM: less than service managers wait.
constexpr Milliseconds kFinishWithin{8000};
constexpr Milliseconds kStatusEvery{1000};
constexpr int kCannotStart = 78;  // EX_CONFIG

// SIGTERM as something to read.
sys::UniqueFd termination() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  return sys::UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

Result<std::optional<net::TlsContext>> tls_context(const config::SmartHost& host) {
  if (host.tls == config::Tls::none) return std::optional<net::TlsContext>();
  auto context = net::TlsContext::client(host.ca_file, host.verify_certificate);
  if (!context) return failure(context.error());
  return std::optional<net::TlsContext>(std::move(*context));
}

// 0 means none.
std::optional<std::uint64_t> limit(std::uint64_t octets) {
  return octets == 0 ? std::nullopt : std::optional(octets);
}

class Worker {
 public:
  explicit Worker(Post post)
      : post_(std::move(post)),
        settings_(post_.orders.settings),
        log_(*post_.orders.log),
        pulse_(loop_),
        termination_(termination()),
        stopping_(std::in_place, loop_, termination_.get(), [this] { stop(); }),
        leash_(std::in_place, loop_, post_.keeper.fd(), [this] { hear(); }),
        routes_(config::SmartHostRoutes(settings_).hosts()),
        stranded_(settings_.queue_directory) {}

  int run();

 private:
  Result<> prepare();
  Result<> begin(const relay::Inheritance& inheritance);
  void hear();
  void obey(const Message& message);
  void retire();
  std::function<void()> done(const char* which);
  void stop();
  void look();
  void look_for_new_mail();
  void beat();
  void beat_within(Milliseconds span);
  bool tell_status();
  void tell_condition();
  void say(Kind kind, std::string text = {}) { post_.keeper.say({kind, std::move(text), {}}); }

  Post post_;
  const config::Settings& settings_;
  Log& log_;
  std::vector<std::optional<net::TlsContext>> tls_;  // of each smart host
  std::optional<queue::Queue> queue_;
  std::optional<sys::FolderWatch> watch_;
  net::EventLoop loop_;
  std::optional<relay::Delivery> delivery_;
  std::optional<Reconnect> reconnect_;
  std::optional<Committer> committer_;
  std::optional<SmtpServer> smtp_;
  std::optional<ControlServer> control_;
  std::optional<SubmissionServer> submissions_;
  net::Timer pulse_;
  sys::UniqueFd termination_;
  std::optional<net::ReadableWatch> stopping_, leash_, new_mail_;
  const Routes routes_;
  Stranded stranded_;
  std::string status_, condition_;
  bool beats_soon_ = false;
  bool retired_ = false;
  std::optional<relay::Board::Touch> examined_;
  std::set<std::string_view> at_work_;  // what has yet to come to its end
  int exit_ = 0;
};

// All that can go wrong with the configuration goes wrong here, while another worker may still be
// in force. Nothing in the queue is touched.
Result<> Worker::prepare() {
  for (const config::SmartHost& host : settings_.smart_hosts) {
    auto tls = tls_context(host);
    if (!tls) return failure(tls.error());
    tls_.push_back(std::move(*tls));
  }
  queue::Queue::Options options{settings_.queue_directory, limit(settings_.message_size_limit)};
  options.drop_open = settings_.drop_directory_open;
  options.shared = post_.shared;
  options.dead_letters = {settings_.dead_letters.lifetime, limit(settings_.dead_letters.size)};
  options.examining = [this](std::string_view id) {
    examined_.reset();
    if (!id.empty()) examined_.emplace(post_.board, id);
  };
  auto queue = queue::Queue::open(std::move(options), log_);
  if (!queue) return failure(queue.error());
  queue_ = std::move(*queue);
  auto watch = sys::FolderWatch::open(queue_->drop_folder());
  if (!watch) return failure(watch.error());
  watch_ = std::move(*watch);
  std::vector<relay::Access> access;
  for (std::size_t i = 0; i < tls_.size(); ++i) {
    access.push_back({post_.orders.passwords[i].reveal(), tls_[i] ? &*tls_[i] : nullptr});
  }
  delivery_.emplace(loop_, *queue_, settings_, post_.orders.routing.router, access, log_,
                    post_.board);
  return {};
}

int Worker::run() {
  if (auto prepared = prepare(); !prepared) {
    say(Kind::cannot, prepared.error().text);
    return kCannotStart;
  }
  say(Kind::ready);
  loop_.run();
  return exit_;
}

Result<> Worker::begin(const relay::Inheritance& inheritance) {
  if (auto loaded = delivery_->load_queue(inheritance); !loaded) return loaded;
  reconnect_.emplace(loop_, *delivery_, log_);
  committer_.emplace(loop_, *queue_);
  if (!post_.smtp.empty()) {
    smtp_.emplace(loop_, std::move(post_.smtp), *queue_, *committer_, settings_,
                  post_.orders.reception, *delivery_, log_);
  }
  control_.emplace(loop_, std::move(post_.control), settings_, *delivery_, post_.tally, log_,
                   smtp_ ? &*smtp_ : nullptr, [this] { say(Kind::reload); });
  if (post_.submissions) {
    submissions_.emplace(loop_, std::move(post_.submissions), *queue_, *committer_, settings_,
                         *delivery_, log_);
  }
  new_mail_.emplace(loop_, watch_->fd(), [this] { look(); });
  return {};
}

void Worker::hear() {
  while (const auto message = post_.keeper.hear()) {
    obey(*message);
    if (message->kind == Kind::gone) return;
  }
}

void Worker::obey(const Message& message) {
  switch (message.kind) {
    case Kind::begin:
      if (auto begun = begin(message.inheritance); !begun) {
        say(Kind::cannot, begun.error().text);
        exit_ = kCannotStart;
        return loop_.stop();
      }
      post_.started();
      say(Kind::working);
      beat();
      return look_for_new_mail();
    case Kind::left: return delivery_->elsewhere_gone(message.inheritance);
    case Kind::retire: return retire();
    case Kind::alarm:
      if (control_) control_->set_alarm(parse_troubles(message.text));
      return;
    case Kind::reloaded:
      return control_->reloaded(message.text.empty() ? Result<>()
                                                     : failure(Error::Kind::config, message.text));
    case Kind::put_off: return control_->reloaded(failure(Error::Kind::temporary, message.text));
    case Kind::gone:  // SIGTERM comes as well (PR_SET_PDEATHSIG)
      leash_.reset();
      return;
    case Kind::ready:
    case Kind::cannot:
    case Kind::working:
    case Kind::retired:
    case Kind::status:
    case Kind::signs:
    case Kind::alive:
    case Kind::reload:
    case Kind::came: return;
  }
}

// From here on the board only loses entries.
void Worker::retire() {
  retired_ = true;
  new_mail_.reset();
  reconnect_.reset();
  delivery_->finish(std::nullopt, done("delivery"));
  control_->retire(done("control"));
  if (smtp_) smtp_->retire([this] { say(Kind::came); }, done("smtp"));
  if (submissions_) submissions_->retire([this] { say(Kind::came); }, done("submissions"));
  say(Kind::retired);
}

void Worker::stop() {
  signalfd_siginfo signal;
  if (::read(termination_.get(), &signal, sizeof signal) != sizeof signal) return;
  reconnect_.reset();
  at_work_.clear();
  delivery_->finish(kFinishWithin, done("delivery"));
  if (smtp_) smtp_->finish(kFinishWithin, done("smtp"));
  if (submissions_) submissions_->finish(kFinishWithin, done("submissions"));
}

// For one of those that come to an end to call, once or more; the last one ends it all.
std::function<void()> Worker::done(const char* which) {
  at_work_.insert(which);
  return [this, which] {
    at_work_.erase(which);
    if (at_work_.empty()) loop_.stop();
  };
}

void Worker::look() {
  if (auto drained = watch_->drain(); !drained) {
    log_(Event("watch-failed", Severity::error).with("reason", drained.error().text));
  }
  look_for_new_mail();
}

void Worker::look_for_new_mail() {
  delivery_->look_for_new_mail();
  if (post_.tells_status && !std::exchange(beats_soon_, true)) beat_within(kStatusEvery);
}

void Worker::beat() {
  say(Kind::alive);
  if (!retired_) tell_condition();
  beats_soon_ = post_.tells_status && !retired_ && tell_status();
  beat_within(beats_soon_ ? kStatusEvery : post_.pulse);
}

void Worker::beat_within(Milliseconds span) {
  // The alarm is not to wait for it.
  const Milliseconds often = std::max(kStatusEvery, Milliseconds(settings_.alarm.after) / 4);
  pulse_.start(std::min({span, post_.pulse, often}), [this] { beat(); });
}

// True when it may change at any time.
bool Worker::tell_status() {
  const auto status = delivery_->status();
  std::string text = status_text(status, sys::utc_offset(sys::now()));
  if (text != status_) say(Kind::status, status_ = std::move(text));
  return status.waiting != 0 || status.in_flight != 0;
}

void Worker::tell_condition() {
  std::string text =
      format_condition(condition_of(delivery_->status(), routes_, stranded_.count()));
  if (text != condition_) say(Kind::signs, condition_ = std::move(text));
}

}  // namespace

int work(Post post) { return Worker(std::move(post)).run(); }

}  // namespace mailchute::mailchuted
