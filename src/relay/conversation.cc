// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/conversation.h"

#include <algorithm>
#include <random>
#include <utility>

#include "sys/clock.h"

namespace mailchute::relay {
namespace {

using smtp::Stage;

// How long a message waits behind one whose final reply does not come, before it takes another way.
constexpr Seconds kRiderPatience{3};

// What has not come so far as to log in within this time may have begun in a network that is gone.
constexpr Seconds kHandshake{3};

std::vector<std::string> mechanisms(config::AuthMechanism allowed) {
  switch (allowed) {
    case config::AuthMechanism::any: return {"PLAIN", "LOGIN"};
    case config::AuthMechanism::plain: return {"PLAIN"};
    case config::AuthMechanism::login: return {"LOGIN"};
  }
  return {};
}

double by_chance() {
  static std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(random);
}

smtp::ClientSession::Options session_options(const Conversation::Options& options,
                                             config::Tls tls) {
  smtp::ClientSession::Options session;
  session.hostname = options.hostname;
  session.starttls = tls == config::Tls::starttls;
  session.tls_from_start = tls == config::Tls::implicit;
  session.credentials = options.credentials;
  session.mechanisms = mechanisms(options.smart_host.auth);
  session.send_password_unprotected = options.smart_host.send_password_unprotected;
  return session;
}

}  // namespace

Conversation::Conversation(net::EventLoop& loop, const Options& options, const net::TlsContext* tls,
                           ConversationUser& user)
    : loop_(loop),
      options_(options),
      tls_(tls),
      user_(user),
      destinations_(loop, options_.smart_host, by_chance),
      connector_(loop),
      session_(session_options(options, options.smart_host.tls)),
      timer_(loop),
      begun_(sys::boot_now()),
      rider_timer_(loop) {
  destinations_.find([this](Result<std::vector<Destination>> found) {
    if (over_) return;
    if (!found) return over(smtp::Close::Trouble{Stage::connect, {}, found.error().text});
    servers_ = std::move(*found);
    connect_next();
  });
}

void Conversation::connect_next() {
  const Destination& server = servers_[tried_++];
  const config::Timeouts& timeouts = options_.smart_host.timeouts;
  session_ = smtp::ClientSession(session_options(options_, server.tls));
  connector_.connect(server.absolute ? server.host + "." : server.host, server.port,
                     timeouts.resolve, timeouts.connect,
                     [this](Result<std::unique_ptr<net::Connection>> connected) {
                       if (over_) return;
                       if (connected) return on_connected(std::move(*connected));
                       over(smtp::Close::Trouble{Stage::connect, {}, connected.error().text});
                     });
}

void Conversation::on_connected(std::unique_ptr<net::Connection> connection) {
  connection_ = std::move(connection);
  connection_->set_user(this);
  peer_ = connection_->peer();
  if (servers_[tried_ - 1].tls == config::Tls::implicit) start_tls();
  watch_time();
}

void Conversation::start_tls() { connection_->start_tls(*tls_, servers_[tried_ - 1].tls_name); }

// Events

void Conversation::on_octets(std::string_view octets) {
  session_.on_octets(octets);
  act();
}

void Conversation::on_tls(const net::TlsFacts& facts) {
  tls_version_ = facts.version;
  session_.on_tls(facts.verified);
  act();
}

void Conversation::on_sent() {
  if (large_) send_piece();
}

void Conversation::on_closed(const Error& reason) {
  large_.reset();
  session_.on_closed(reason.text);
  act();
}

void Conversation::wake() { act(); }

std::string Conversation::relay_name() const {
  if (tried_ == 0) return options_.smart_host.host;
  const Destination& server = servers_[tried_ - 1];
  if (!peer_.empty()) return server.host + "[" + peer_ + "]";
  return server.host + ":" + std::to_string(server.port);
}

Via Conversation::via() const {
  const std::string& host = tried_ == 0 ? options_.smart_host.host : servers_[tried_ - 1].host;
  return {relay_name(), tls_version_, host, extensions().dsn};
}

void Conversation::quit() {
  if (!connection_ || !session_.established()) {
    quitting_ = true;
    return over(std::nullopt);
  }
  leave();
  act();
}

void Conversation::abandon(const std::string& why) {
  if (!connection_) return over(std::nullopt);
  large_.reset();
  session_.on_closed(why);
  act();
}

// A login that is under way is not broken off, or it would count as one more.
void Conversation::network_changed() {
  const bool stuck = !session_.established() && sys::boot_now() - begun_ >= kHandshake &&
                     session_.waiting_for() != Stage::auth;
  if (stuck || (session_.established() && !session_.in_flight())) quit();
}

// Actions

// Callbacks of the user may lead back here: the outermost call does the work.
void Conversation::act() {
  if (over_ || !connection_ || std::exchange(acting_, true)) return;
  do {
    while (auto action = session_.next()) {
      std::visit([this](auto& what) { perform(what); }, *action);
      if (over_) return;
    }
  } while (offer_transaction());
  acting_ = false;
  flush();
  watch_time();
}

bool Conversation::offer_transaction() {
  if (large_ || quitting_ || !session_.wants_transaction()) return false;
  auto transaction = user_.next_transaction(*this);
  if (!transaction) return false;
  session_.begin(std::move(*transaction));
  const std::uint64_t most = session_.extensions().messages;
  if (++messages_ >= options_.smart_host.messages_per_connection || messages_ == most) leave();
  return true;
}

void Conversation::perform(smtp::Send& send) {
  if (!send.sensitive) {
    out_ += send.octets;
    return;
  }
  flush();
  connection_->send(std::move(send.octets), true);
}

void Conversation::perform(smtp::SendMessage& order) {
  const Outgoing& message = user_.message_of(order.id);
  if (!message.entry.text()) {
    large_.emplace(order.id, message);
    return send_piece();
  }
  MessageStream stream(message);
  smtp::MessageEncoder encoder;
  for (auto piece = stream.next(); piece && !piece->empty(); piece = stream.next())
    encoder.encode(*piece, out_);
  encoder.finish(out_);
  finish_message(order.id);
}

// One piece is written at a time, so that memory stays bounded. The final dot leaves only when the
// whole message was read and found whole.
void Conversation::send_piece() {
  auto piece = large_->stream.next();
  const smtp::TransactionId id = large_->id;
  if (!piece) {
    large_.reset();
    session_.on_message_lost(id, piece.error().text);
    return act();
  }
  if (!piece->empty()) {
    large_->encoder.encode(*piece, out_);
    flush();
    watched_.reset();
    return watch_time();
  }
  large_->encoder.finish(out_);
  large_.reset();
  watched_.reset();
  finish_message(id);
  act();
}

void Conversation::finish_message(smtp::TransactionId id) {
  user_.on_final_dot(id);
  session_.on_message_sent(id);
}

void Conversation::perform(smtp::StartTls&) {
  flush();
  start_tls();
}

void Conversation::perform(smtp::Ready&) {}

void Conversation::perform(smtp::TransactionReport& report) {
  used_ = used_ || report.stage > Stage::rset;
  if (!user_.on_report(*this, std::move(report))) leave();
}

void Conversation::perform(smtp::Close& close) {
  flush();
  over(std::move(close.trouble));
}

void Conversation::flush() {
  if (!out_.empty()) connection_->send(std::exchange(out_, {}));
}

void Conversation::leave() {
  quitting_ = true;
  session_.quit();
}

void Conversation::over(std::optional<smtp::Close::Trouble> trouble) {
  // Other servers are not bothered with a login that one has refused.
  const bool another =
      trouble && trouble->stage < Stage::auth && !quitting_ && tried_ < servers_.size();
  if (another && !over_) return try_another();
  if (std::exchange(over_, true)) return;
  timer_.cancel();
  rider_timer_.cancel();
  // A smart host that lets everybody in and throws everybody out is not asked again at once.
  if (!trouble && !used_ && !quitting_) {
    trouble = smtp::Close::Trouble{
        Stage::idle, {}, "the smart host closed the connection before it took a message"};
  }
  if (connection_) connection_->shutdown();
  // The user may destroy the conversation: not while one of its functions is running.
  loop_.post([this, alive = std::weak_ptr<bool>(alive_), trouble = std::move(trouble)]() mutable {
    if (alive.lock()) user_.on_over(*this, std::move(trouble), used_);
  });
}

// None of the connection's callbacks is running then.
void Conversation::try_another() {
  loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.lock() || over_) return;
    connection_.reset();
    peer_.clear();
    out_.clear();
    timer_.cancel();
    watched_.reset();
    phase_.reset();
    connect_next();
  });
}

// Time limits

Milliseconds Conversation::limit_of(const Phase& phase) const {
  if (!phase.transaction) return phase_limit(options_.smart_host, phase, 0, 0);
  const Outgoing& message = user_.message_of(*phase.transaction);
  return phase_limit(options_.smart_host, phase, message.wire_size, message.recipients.size());
}

void Conversation::watch_time() {
  if (over_) return;
  watch_rider();
  const Stage stage = session_.waiting_for().value_or(Stage::idle);
  const Phase phase = phase_of(stage, session_.waiting_transaction(), large_.has_value());
  if (watched_ == stage && watched_replies_ == session_.replies() && phase_ == phase) return;
  const Instant now = sys::boot_now();
  if (phase_ != phase) {
    phase_ = phase;
    phase_ends_ = now + limit_of(phase);
  }
  watched_ = stage;
  watched_replies_ = session_.replies();
  // Not left to the timer: a smart host with ever more to say could be there first each time.
  if (phase_ends_ <= now) return time_is_up(stage);
  timer_.start(std::min(step_limit(options_.smart_host, phase), phase_ends_ - now),
               [this, stage] { time_is_up(stage); });
}

void Conversation::time_is_up(Stage stage) {
  stage == Stage::idle ? leave() : session_.on_timeout();
  act();
}

// One slow message does not hold up the one behind it.
void Conversation::watch_rider() {
  const auto before = session_.has_rider() ? session_.waiting_transaction() : std::nullopt;
  if (before == rider_behind_) return;
  rider_behind_ = before;
  if (!before) return rider_timer_.cancel();
  rider_timer_.start(kRiderPatience, [this] {
    session_.withdraw_rider();
    act();
  });
}

}  // namespace mailchute::relay
