// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/smtp_server.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mailchuted/smtp_message.h"
#include "queue/entry.h"
#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

// Who keeps less than this in memory costs no more than a client does anyway.
constexpr std::uint64_t kSmall = 64 << 10;
// Who sends less than this at a time is not getting on, unless a message is done.
constexpr std::uint64_t kStep = 4 << 10;
// A client needs a descriptor for itself and one for its file; the submission socket, connections
// to the smart host and what is open anyway need the others.
constexpr std::size_t kDescriptorsEach = 2;
constexpr std::size_t kOtherDescriptors = 512;

// For messages under way at a reload. Nobody is to keep an old worker for longer.
constexpr Milliseconds kRetireWithin{600000};
constexpr char kTooMany[] = "4.3.2 Too many clients; come back later";
constexpr char kConnect[] = "CONNECT";
constexpr char kMail[] = "MAIL";
constexpr char kEtrn[] = "ETRN";

}  // namespace

smtp::ServerOptions smtp_options(const config::Settings& settings) {
  smtp::ServerOptions options;
  options.hostname = settings.hostname;
  smtp::Extensions& offered = options.offered;
  offered.pipelining = offered.eight_bit_mime = offered.enhanced_status_codes = true;
  offered.chunking = offered.smtp_utf8 = offered.dsn = offered.size = true;
  offered.size_limit = settings.message_size_limit;
  options.consulted = {kConnect, kMail, kEtrn};
  if (!settings.listener) return options;
  offered.starttls = !settings.listener->certificate_file.empty();
  if (settings.listener->user.empty()) return options;
  offered.auth = {"PLAIN", "LOGIN"};
  options.auth_required = true;
  options.auth_without_tls = !settings.listener->open_to_network;
  return options;
}

// One connection, any number of messages one after the other.
class SmtpServer::Client : private relay::ReceptionUser, private Committer::Client {
 public:
  Client(SmtpServer& server, std::unique_ptr<net::Connection> connection, uid_t uid, bool room)
      : server_(server),
        uid_(uid),
        room_(room),
        moved_(sys::boot_now()),
        reception_(server.reception_, *this, server.loop_, std::move(connection)) {}
  ~Client() override {
    server_.committer_.remove(*this);
    server_.held_ -= held_;
  }

  uid_t uid() const { return uid_; }
  bool at_work() const { return !reception_.leaving(); }
  bool may_go() const { return !committing_; }
  Milliseconds standstill(Instant now) const { return now - moved_; }

  void send_away(std::string_view why) { reception_.break_off(why); }
  void finish() { reception_.finish(); }

 private:
  // relay::ReceptionUser
  Result<> begin(Message message) override;
  Result<> write(std::string_view octets) override { return take(message_->feed(octets)); }
  void end() override;
  void abandon() override { message_.reset(); }
  void consult(relay::Reception& reception, const Consult& about) override;
  void heard(std::size_t octets) override;
  void on_closed(const Error&) override;

  // Committer::Client
  queue::OwnEntryWriter& entry() override { return message_->entry(); }
  void on_committed(const Result<>& result) override;

  Result<> take(Result<> result);

  SmtpServer& server_;
  uid_t uid_;
  bool room_;  // for it
  std::optional<SmtpMessage> message_;
  std::uint64_t held_ = 0;  // this client's part of the server's
  std::uint64_t step_ = 0;
  Instant moved_;  // a step ahead
  bool committing_ = false;
  bool gone_ = false;  // nobody hears what becomes of the message
  relay::Reception reception_;
};

Result<> SmtpServer::Client::begin(Message message) {
  message_.emplace(server_.queue_, server_.settings_, uid_, std::move(message),
                   reception_.client());
  return {};
}

// All mail goes to the same smart host, so ETRN for any node is a queue run, which anyone may ask
// for.
void SmtpServer::Client::consult(relay::Reception& reception, const Consult& about) {
  if (about.step == kConnect) {
    return reception.decide(room_ ? std::nullopt : std::optional(smtp::Reply{421, {kTooMany}}));
  }
  if (about.step == kMail) {
    const auto room = server_.delivery_.room_for(uid_);
    return reception.decide(room ? std::nullopt
                                 : std::optional(smtp::Reply{452, {"4.3.1 " + room.error().text}}));
  }
  if (about.argument.empty())
    return reception.decide(smtp::Reply{501, {"5.5.4 Syntax: ETRN node"}});
  const std::size_t count = server_.delivery_.retry_all();
  reception.decide(
      smtp::Reply{250, {"2.0.0 The queue is started: " + std::to_string(count) + " messages"}});
}

// A message that cannot be taken is the administrator's business, too, unless it is its own
// fault or its sender's.
Result<> SmtpServer::Client::take(Result<> result) {
  if (result) return result;
  const auto kind = result.error().kind;
  const bool data = kind == Error::Kind::data || kind == Error::Kind::full;
  server_.log_(Event("smtp-refused", data ? Severity::info : Severity::error)
                   .with("id", message_->adopted().id)
                   .with("uid", std::uint64_t{uid_})
                   .with("client", reception_.peer())
                   .with("reason", result.error().text));
  message_.reset();
  return result;
}

void SmtpServer::Client::end() {
  auto finished = message_->finish();
  if (finished) finished = server_.delivery_.room_for(uid_, message_->adopted().octets);
  if (finished = take(std::move(finished)); !finished)
    return reception_.stored(failure(finished.error()));
  committing_ = true;
  server_.committer_.add(*this);
}

// It is queued even if the client did not wait: there are such, and losing mail is worse than
// sending it twice.
void SmtpServer::Client::on_committed(const Result<>& result) {
  committing_ = false;
  moved_ = sys::boot_now();
  const queue::Adopted adopted = message_->adopted();
  const auto taken = take(result);
  message_.reset();
  if (!gone_) {
    reception_.stored(taken ? Result<std::string>(adopted.id) : failure(taken.error()));
  }
  if (taken) {
    server_.delivery_.add(adopted, reception_.peer());
    if (server_.queued_late_) server_.queued_late_();
  }
  if (gone_) server_.forget(this);
}

void SmtpServer::Client::heard(std::size_t octets) {
  step_ += octets;
  if (step_ >= kStep) {
    step_ = 0;
    moved_ = sys::boot_now();
  }
  const std::uint64_t held = reception_.held() + (message_ ? message_->held() : 0);
  server_.held_ += held - held_;
  held_ = held;
  if (held > kSmall && server_.held_ > server_.limits_.memory) {
    reception_.break_off("4.3.1 Too much to keep in mind at this moment; come back later");
  }
}

void SmtpServer::Client::on_closed(const Error&) {
  gone_ = true;
  if (!committing_) server_.forget(this);
}

// The server

SmtpServer::SmtpServer(net::EventLoop& loop, std::vector<SmtpSocket> sockets, queue::Queue& queue,
                       Committer& committer, const config::Settings& settings,
                       const relay::ReceptionSettings& reception, relay::Delivery& delivery,
                       Log& log, SmtpLimits limits)
    : loop_(loop),
      queue_(queue),
      committer_(committer),
      settings_(settings),
      reception_(reception),
      delivery_(delivery),
      log_(log),
      limits_(limits),
      finish_timer_(loop) {
  limits_.places = places_for(limits.places, kDescriptorsEach, kOtherDescriptors);
  for (SmtpSocket& socket : sockets) {
    std::string& list = socket.listening ? addresses_ : trouble_;
    list.append(list.empty() ? "" : ", ").append(socket.address);
    if (!socket.trouble.empty()) trouble_.append(": ").append(socket.trouble);
    if (!socket.listening) continue;
    listeners_.push_back(
        net::Listener::on(loop, std::move(socket.listening),
                          [this](auto connection) { accept(std::move(connection)); }));
  }
}

SmtpServer::~SmtpServer() = default;

std::size_t SmtpServer::clients() const { return places_taken(clients_); }

void SmtpServer::accept(std::unique_ptr<net::Connection> connection) {
  const uid_t uid = connection->tcp_peer_uid().value_or(queue::kOverflowUid);
  log_(Event("smtp-client", Severity::debug)
           .with("uid", std::uint64_t{uid})
           .with("client", connection->peer()));
  if (clients_.size() >= 2 * limits_.places) see_off(clients_);
  const bool room = places_taken(clients_) < limits_.places || make_room(uid);
  clients_.push_back(std::make_unique<Client>(*this, std::move(connection), uid, room));
}

bool SmtpServer::make_room(uid_t uid) {
  Client* const last = who_makes_room(clients_, uid, limits_.hospitality, sys::boot_now());
  if (last) last->send_away(kTooMany);
  return last != nullptr;
}

void SmtpServer::forget(Client* client) {
  clients_.remove_if([client](const auto& other) { return other.get() == client; });
  finish_if_idle();
}

void SmtpServer::finish(Milliseconds within, std::function<void()> done) {
  finish_timer_.start(within, [this] {
    clients_.clear();
    finish_if_idle();
  });
  finished_ = std::move(done);
  listeners_.clear();
  for (const auto& client : clients_) client->finish();
  finish_if_idle();
}

void SmtpServer::retire(std::function<void()> queued, std::function<void()> done) {
  queued_late_ = std::move(queued);
  finish(kRetireWithin, std::move(done));
}

void SmtpServer::finish_if_idle() {
  if (!finished_ || !clients_.empty()) return;
  finish_timer_.cancel();
  loop_.post(std::exchange(finished_, nullptr));
}

}  // namespace mailchute::mailchuted
