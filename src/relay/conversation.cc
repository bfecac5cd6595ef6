// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/conversation.h"

#include <utility>

namespace mailchute::relay {
namespace {

using smtp::Stage;

std::vector<std::string> mechanisms(config::AuthMechanism allowed) {
  switch (allowed) {
    case config::AuthMechanism::any: return {"PLAIN", "LOGIN"};
    case config::AuthMechanism::plain: return {"PLAIN"};
    case config::AuthMechanism::login: return {"LOGIN"};
  }
  return {};
}

smtp::ClientSession::Options session_options(const Conversation::Options& options) {
  smtp::ClientSession::Options session;
  session.hostname = options.hostname;
  session.starttls = options.smart_host.tls == config::Tls::starttls;
  session.tls_from_start = options.smart_host.tls == config::Tls::implicit;
  session.credentials = options.credentials;
  session.mechanisms = mechanisms(options.smart_host.auth);
  session.send_password_unprotected = options.smart_host.send_password_unprotected;
  return session;
}

}  // namespace

Conversation::Conversation(net::EventLoop& loop, const Options& options, const net::TlsContext* tls,
                           ConversationUser& user)
    : loop_(loop), options_(options), tls_(tls), user_(user), connector_(loop),
      session_(session_options(options)), timer_(loop) {
  const config::SmartHost& host = options_.smart_host;
  connector_.connect(host.host, host.port, host.timeouts.resolve, host.timeouts.connect,
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
  if (options_.smart_host.tls == config::Tls::implicit) start_tls();
  watch_time();
}

void Conversation::start_tls() {
  const config::SmartHost& host = options_.smart_host;
  connection_->start_tls(*tls_, host.tls_name.empty() ? host.host : host.tls_name);
}

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
  auto transaction = user_.next_transaction();
  if (!transaction) return false;
  session_.begin(std::move(*transaction));
  if (++messages_ >= options_.smart_host.messages_per_connection) leave();
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
  smtp::MessageEncoder encoder;
  std::size_t skip = 0;
  if (message.correction) {
    encoder.encode(message.correction->text, out_);
    skip = message.correction->replaces;
  }
  if (message.entry.text()) {
    encoder.encode(std::string_view(*message.entry.text()).substr(skip), out_);
    encoder.finish(out_);
    return session_.on_message_sent(order.id);
  }
  large_.emplace(Large{order.id, queue::Entry::Reader(message.entry), encoder, skip});
  send_piece();
}

// One piece is written at a time, so that memory stays bounded. The final dot leaves only when the
// whole message was read and found whole.
void Conversation::send_piece() {
  auto piece = large_->reader.next();
  const smtp::TransactionId id = large_->id;
  if (!piece) {
    large_.reset();
    session_.on_message_lost(id, piece.error().text);
    return act();
  }
  if (!piece->empty()) {
    large_->encoder.encode(piece->substr(std::exchange(large_->skip, 0)), out_);
    flush();
    watched_.reset();
    return watch_time();
  }
  large_->encoder.finish(out_);
  large_.reset();
  watched_.reset();
  session_.on_message_sent(id);
  act();
}

void Conversation::perform(smtp::StartTls&) {
  flush();
  start_tls();
}

void Conversation::perform(smtp::Ready&) {}

void Conversation::perform(smtp::TransactionReport& report) {
  used_ = used_ || report.stage > Stage::rset;
  user_.on_report(std::move(report));
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
  if (std::exchange(over_, true)) return;
  timer_.cancel();
  // A smart host that lets everybody in and throws everybody out is not asked again at once.
  if (!trouble && !used_ && !quitting_) {
    trouble = smtp::Close::Trouble{Stage::idle, {}, "the smart host closed the connection before it took a message"};
  }
  if (connection_) connection_->shutdown();
  // The user may destroy the conversation: not while one of its functions is running.
  loop_.post([this, alive = std::weak_ptr<bool>(alive_), trouble = std::move(trouble)]() mutable {
    if (alive.lock()) user_.on_over(std::move(trouble), used_);
  });
}

// Time limits

Milliseconds Conversation::limit(Stage stage) const {
  const config::Timeouts& timeouts = options_.smart_host.timeouts;
  switch (stage) {
    case Stage::greeting: return timeouts.greeting;
    case Stage::tls: return timeouts.tls;
    case Stage::data: return timeouts.data;
    case Stage::message: return large_ ? timeouts.block : timeouts.message;
    case Stage::quit: return timeouts.quit;
    case Stage::idle: return options_.smart_host.idle;
    default: return timeouts.command;
  }
}

// Each reply, and each piece of a message, has its own time.
void Conversation::watch_time() {
  if (over_) return;
  const Stage stage = session_.waiting_for().value_or(Stage::idle);
  if (watched_ == stage && watched_replies_ == session_.replies()) return;
  watched_ = stage;
  watched_replies_ = session_.replies();
  timer_.start(limit(stage), [this, stage] {
    stage == Stage::idle ? leave() : session_.on_timeout();
    act();
  });
}

}  // namespace mailchute::relay
