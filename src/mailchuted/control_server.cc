// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/control_server.h"

#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "queue/control.h"
#include "queue/listing.h"
#include "sys/identity.h"

namespace mailchute::mailchuted {
namespace {

// A request names some queue ids: this is room for two thousand. A client has ten seconds.
constexpr std::size_t kMaxRequest = 64 << 10;
constexpr Milliseconds kPatience{10000};
constexpr std::size_t kMaxClients = 64;

}  // namespace

// One connection: reads one line, writes one answer, closes.
class ControlServer::Client : public net::ConnectionUser {
 public:
  Client(ControlServer& server, std::unique_ptr<net::Connection> connection)
      : server_(server), connection_(std::move(connection)), timer_(server.loop_) {
    connection_->set_user(this);
    timer_.start(kPatience, [this] { server_.forget(this); });
  }

  // Nobody where the kernel cannot tell.
  std::optional<uid_t> uid() const {
    const auto peer = connection_->credentials();
    return peer ? std::optional(peer->uid) : std::nullopt;
  }

  void on_octets(std::string_view octets) override {
    if (answered_) return;
    request_ += octets;
    const auto end = request_.find('\n');
    if (end == std::string::npos && request_.size() < kMaxRequest) return;
    answered_ = true;
    const auto who = uid();
    connection_->send(end == std::string::npos || !who
                          ? "ERROR request not understood\n"
                          : server_.answer(std::string_view(request_).substr(0, end), *who));
  }
  void on_sent() override { server_.forget(this); }
  void on_tls(const net::TlsFacts&) override {}
  void on_closed(const Error&) override { server_.forget(this); }

 private:
  ControlServer& server_;
  std::unique_ptr<net::Connection> connection_;
  net::Timer timer_;
  std::string request_;
  bool answered_ = false;
};

ControlServer::ControlServer(net::EventLoop& loop, const config::Settings& settings,
                             relay::Delivery& delivery, Log& log)
    : loop_(loop), settings_(settings), delivery_(delivery), log_(log),
      administrators_{0, ::geteuid()} {
  for (const std::string& name : settings.administrators) {
    if (const auto uid = sys::uid_of(name)) administrators_.insert(*uid);
  }
}

ControlServer::~ControlServer() = default;

Result<std::unique_ptr<ControlServer>> ControlServer::open(net::EventLoop& loop,
                                                           const config::Settings& settings,
                                                           relay::Delivery& delivery, Log& log) {
  std::unique_ptr<ControlServer> server(new ControlServer(loop, settings, delivery, log));
  auto listener = net::Listener::unix_socket(
      loop, settings.control_socket(), 0666,
      [&it = *server](std::unique_ptr<net::Connection> connection) { it.accept(std::move(connection)); });
  if (!listener) return failure(listener.error());
  server->listener_ = std::move(*listener);
  return server;
}

void ControlServer::accept(std::unique_ptr<net::Connection> connection) {
  if (clients_.size() >= kMaxClients) make_room();
  clients_.push_back(std::make_unique<Client>(*this, std::move(connection)));
}

// Of the user who has the most connections, the one that has waited longest: nobody drives out others.
void ControlServer::make_room() {
  std::map<std::optional<uid_t>, std::size_t> count;
  for (const auto& client : clients_) ++count[client->uid()];
  const auto most = std::max_element(count.begin(), count.end(), [](const auto& a, const auto& b) {
    return a.second < b.second;
  });
  clients_.erase(std::find_if(clients_.begin(), clients_.end(), [&](const auto& client) {
    return client->uid() == most->first;
  }));
}

void ControlServer::forget(Client* client) {
  clients_.remove_if([client](const auto& other) { return other.get() == client; });
}

std::string ControlServer::answer(std::string_view request, uid_t uid) {
  if (request == "LIST") return list(uid);
  if (request == "STATUS") return status();
  if (request.starts_with("RETRY ")) return retry(request.substr(6), uid);
  return "ERROR unknown request " + escaped(request.substr(0, 80)) + "\n";
}

std::string ControlServer::list(uid_t uid) {
  auto entries = queue::list(settings_.queue_directory);
  if (!entries) return "ERROR " + escaped(entries.error().text) + "\n";
  const relay::DeliveryStatus now = delivery_.status();
  const std::string pause = now.paused_for ? "smart host is paused: " + now.last_error : "";
  std::string answer;
  std::uint64_t requests = 0;
  std::uint64_t octets = 0;
  for (queue::Listed& entry : *entries) {
    if (entry.place != queue::Place::failed) {
      ++requests;
      octets += entry.size;
    }
    if (!administrator(uid) && entry.uid != uid) continue;
    if (delivery_.in_flight(entry.id)) entry.place = queue::Place::active;
    if (const auto next = delivery_.next_try(entry.id)) {
      entry.info.next_try = *next;
      if (entry.info.reason.empty()) entry.info.reason = pause;
    }
    answer += " " + queue::format_listed(entry) + "\n";
  }
  return answer + "OK " + queue::format_totals(requests, octets) + "\n";
}

std::string ControlServer::status() const {
  const relay::DeliveryStatus status = delivery_.status();
  std::string answer;
  const auto line = [&](std::string_view key, std::string_view value) {
    answer.append(" ").append(key).append("=").append(escaped(value)).append("\n");
  };
  line("smart_host", status.smart_host);
  line("waiting", std::to_string(status.waiting));
  line("in_flight", std::to_string(status.in_flight));
  line("delivered", std::to_string(status.delivered));
  if (status.paused_for) line("paused_for", format_seconds(static_cast<std::uint64_t>(status.paused_for->count())));
  if (!status.last_error.empty()) line("last_error", status.last_error);
  return answer + "OK\n";
}

// Anyone may ask for a queue run, as with sendmail -q; single messages only for who may see them, and
// what is held or failed only for administrators.
std::string ControlServer::retry(std::string_view ids, uid_t uid) {
  if (ids == "*") return "OK messages=" + std::to_string(delivery_.retry_all()) + "\n";
  const std::optional<std::set<std::string>> own =
      administrator(uid) ? std::nullopt : std::optional(ids_of(uid));
  std::size_t count = 0;
  std::string trouble;
  for (const std::string_view word : split(ids, ' ')) {
    const std::string id(word);
    const bool allowed = !own || own->count(id) != 0;
    const auto retried = allowed ? retry_one(id, !own) : Result<>(failure(Error::Kind::rejected, "no entry " + id + ", or not yours"));
    if (retried) ++count;
    else trouble.append(trouble.empty() ? "" : "; ").append(escaped(retried.error().text));
  }
  if (!trouble.empty()) return "ERROR " + trouble + "\n";
  return "OK messages=" + std::to_string(count) + "\n";
}

Result<> ControlServer::retry_one(const std::string& id, bool may_release) {
  if (delivery_.retry(id)) return {};
  if (!may_release) return failure(Error::Kind::rejected, id + " waits for an administrator");
  return delivery_.release(id);
}

std::set<std::string> ControlServer::ids_of(uid_t uid) const {
  std::set<std::string> ids;
  const auto entries = queue::list(settings_.queue_directory);
  if (!entries) return ids;
  for (const queue::Listed& entry : *entries) {
    if (entry.uid == uid) ids.insert(entry.id);
  }
  return ids;
}

}  // namespace mailchute::mailchuted
