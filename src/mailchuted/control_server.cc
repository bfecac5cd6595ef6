// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/control_server.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "queue/control.h"
#include "sys/clock.h"
#include "sys/identity.h"

namespace mailchute::mailchuted {
namespace {

// A client has ten seconds to ask, and as long to take the answer. Should it take long to work out,
// for a disk that is slow, the client is told now and then that it is under way.
constexpr Milliseconds kPatience{10000};
constexpr Milliseconds kStillAtIt{3000};
constexpr unsigned kLongestTask = 100;  // times as long
constexpr std::size_t kMaxClients = 64;
// As long as a user leaves so many octets of answers unread, no others are worked out for him. An
// answer can be as long as all addresses of a message, some megabytes.
constexpr std::size_t kMaxUnread = 1 << 20;
constexpr Milliseconds kRest{1};

}  // namespace

// One connection: reads one line, writes one answer, closes.
class ControlServer::Client : public net::ConnectionUser {
 public:
  Client(ControlServer& server, std::unique_ptr<net::Connection> connection)
      : server_(server), connection_(std::move(connection)), timer_(server.loop_) {
    connection_->set_user(this);
    give_time(kPatience);
  }

  // Nobody where the kernel cannot tell.
  std::optional<uid_t> uid() const {
    const auto peer = connection_->credentials();
    return peer ? std::optional(peer->uid) : std::nullopt;
  }
  bool ready() const { return task_ && task_->ready(); }
  std::size_t unread() const { return connection_->unsent(); }

  // True when the answer is complete, and on its way.
  bool step() {
    if (!task_->step(answer_)) return false;
    task_.reset();
    answered_ = true;
    give_time(kPatience);
    connection_->send(std::move(answer_));
    return true;
  }

  void on_octets(std::string_view octets) override {
    if (asked_) return;
    request_ += octets;
    const auto end = request_.find('\n');
    if (end == std::string::npos && request_.size() < queue::kMaxRequest) return;
    asked_ = true;
    const auto who = uid();
    answered_ = end == std::string::npos || !who;
    if (answered_) return connection_->send("ERROR request not understood\n");
    task_ = server_.task_for(std::string_view(request_).substr(0, end), *who);
    request_.clear();
    say_that_it_is_under_way();
    server_.go_on();
  }
  void on_sent() override {
    if (answered_) server_.forget(this);
  }
  void on_tls(const net::TlsFacts&) override {}
  void on_closed(const Error&) override { server_.forget(this); }

 private:
  void give_time(Milliseconds span) {
    timer_.start(span, [this] { server_.forget(this); });
  }
  void say_that_it_is_under_way() {
    timer_.start(kStillAtIt, [this] {
      if (++waited_ > kLongestTask) return server_.forget(this);
      connection_->send("WAIT\n");
      say_that_it_is_under_way();
      server_.go_on();  // it may have waited long enough
    });
  }

  ControlServer& server_;
  std::unique_ptr<net::Connection> connection_;
  net::Timer timer_;
  std::string request_;
  bool asked_ = false;
  std::unique_ptr<Task> task_;
  unsigned waited_ = 0;
  bool answered_ = false;
  std::string answer_;
};

ControlServer::ControlServer(net::EventLoop& loop, sys::UniqueFd listening,
                             const config::Settings& settings, relay::Delivery& delivery,
                             const Tally& tally, Log& log, const SmtpServer* smtp,
                             std::function<void()> reload)
    : loop_(loop),
      desk_{settings,
            delivery,
            queue::Index(settings.queue_directory),
            tally,
            Reloads(std::move(reload)),
            log,
            smtp,
            [this] { go_on(); }},
      log_(log),
      administrators_{0, ::geteuid()},
      rest_(loop),
      listener_(net::Listener::on(loop, std::move(listening),
                                  [this](auto connection) { accept(std::move(connection)); })) {
  for (const std::string& name : settings.administrators) {
    if (const auto uid = sys::uid_of(name)) administrators_.insert(*uid);
  }
}

ControlServer::~ControlServer() = default;

void ControlServer::reloaded(const Result<>& result) {
  desk_.reloads.answer(result);
  go_on();
}

void ControlServer::retire(std::function<void()> idle) {
  listener_.reset();
  if (clients_.empty()) return loop_.post(std::move(idle));
  idle_ = std::move(idle);
}

void ControlServer::accept(std::unique_ptr<net::Connection> connection) {
  if (clients_.size() >= kMaxClients) make_room();
  clients_.push_back(std::make_unique<Client>(*this, std::move(connection)));
}

// Of the user who has the most connections, the one that has waited longest: nobody drives out
// others.
void ControlServer::make_room() {
  std::map<std::optional<uid_t>, std::size_t> count;
  for (const auto& client : clients_) ++count[client->uid()];
  const auto most = std::max_element(
      count.begin(), count.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  clients_.erase(std::find_if(clients_.begin(), clients_.end(),
                              [&](const auto& client) { return client->uid() == most->first; }));
}

void ControlServer::forget(Client* client) {
  clients_.remove_if([client](const auto& other) { return other.get() == client; });
  if (clients_.empty()) served_.clear();
  if (clients_.empty() && idle_) loop_.post(std::exchange(idle_, {}));
  go_on();  // who waited for his other answers to be read
}

std::unique_ptr<Task> ControlServer::task_for(std::string_view request, uid_t uid) {
  return mailchuted::task_for(request, {uid, administrators_.count(uid) != 0}, desk_);
}

// Turns

void ControlServer::go_on() {
  if (next() == nullptr || std::exchange(going_on_, true)) return;
  rest_.start(Milliseconds(0), [this] { turn(); });
}

// Of those with something to do the user whose last turn was the longest ago, and of his the first.
ControlServer::Client* ControlServer::next() {
  std::map<uid_t, std::size_t> unread;
  for (const auto& client : clients_) {
    if (const auto uid = client->uid()) unread[*uid] += client->unread();
  }
  Client* best = nullptr;
  std::uint64_t last = turns_;
  for (const auto& client : clients_) {
    if (!client->ready() || unread[*client->uid()] > kMaxUnread) continue;
    const std::uint64_t served = served_[*client->uid()];
    if (best != nullptr && served >= last) continue;
    best = client.get();
    last = served;
  }
  return best;
}

void ControlServer::turn() {
  Client* const client = next();
  going_on_ = client != nullptr;
  if (client == nullptr) return;
  served_[*client->uid()] = ++turns_;
  const Instant begun = sys::boot_now();
  while (!client->step() && client->ready() && sys::boot_now() == begun) {
  }
  rest_.start(kRest, [this] { turn(); });
}

}  // namespace mailchute::mailchuted
