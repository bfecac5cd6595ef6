// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/reception.h"

#include <sodium.h>

#include <utility>

#include "smtp/sasl.h"

namespace mailchute::relay {
namespace {

constexpr std::size_t kMaxUnsent = 1 << 20;

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

void ReceptionUser::consult(Reception& reception, const Consult&) { reception.decide({}); }

Reception::Reception(const ReceptionSettings& settings, ReceptionUser& user, net::EventLoop& loop,
                     std::unique_ptr<net::Connection> connection)
    : settings_(settings), user_(user), connection_(std::move(connection)), patience_(loop) {
  connection_->set_user(this);
  wait();
  if (settings_.implicit_tls) connection_->start_tls(*settings_.tls, "");
  else begin_session(false);
}

void Reception::begin_session(bool secure) {
  session_.emplace(settings_.server, secure);
  follow();
}

void Reception::finish() {
  if (!session_) return connection_->shutdown();
  session_->on_shutdown();
  follow();
}

void Reception::break_off(std::string_view text) {
  if (!session_) return connection_->shutdown();
  session_->break_off(text);
  follow();
}

void Reception::stored(const Result<std::string>& id) {
  message_ = Stage::none;
  session_->on_message_stored(id);
  wait();
  follow();
}

void Reception::decide(const std::optional<smtp::Reply>& instead) {
  consulting_ = false;
  session_->on_verdict(instead);
  wait();
  follow();
}

void Reception::hang_up() {
  leaving_ = true;
  connection_->shutdown();
}

std::string Reception::client() const {
  const std::string peer = connection_->peer();  // "192.0.2.1:25", "[2001:db8::1]:25"
  const std::string host = peer.substr(0, peer.rfind(':'));
  return host.starts_with('[') ? "[IPv6:" + host.substr(1) : "[" + host + "]";
}

// Patience

void Reception::wait() {
  patience_.start(settings_.patience, [this] { lose_patience(); });
}

// Who does not even take his last words, or does not come through the handshake, is cut off.
void Reception::lose_patience() {
  if (message_ == Stage::storing) return wait();
  if (leaving_ || !session_ || session_->waiting())
    return on_closed({Error::Kind::temporary, "waited too long"});
  session_->on_timeout();
  wait();
  follow();
}

// The connection

void Reception::on_octets(std::string_view octets) {
  wait();
  session_->on_octets(octets);
  follow();
  user_.heard(octets.size());
}

void Reception::on_sent() {
  clogged_ = false;
  regulate_reading();
}

void Reception::on_tls(const net::TlsFacts& facts) {
  wait();
  tls_ = facts;
  if (!session_) return begin_session(true);
  session_->on_tls();
  follow();
}

void Reception::on_closed(const Error& reason) {
  patience_.cancel();
  user_.on_closed(reason);
}

// An answer may come while the question is asked.
void Reception::follow() {
  if (std::exchange(following_, true)) return;
  while (auto action = session_->next())
    std::visit([this](auto& what) { act(std::move(what)); }, *action);
  following_ = false;
  clogged_ = clogged_ || connection_->unsent() >= kMaxUnsent;
  regulate_reading();
}

void Reception::regulate_reading() {
  const bool pause = clogged_ || consulting_ || message_ == Stage::storing;
  if (std::exchange(paused_, pause) == pause) return;
  if (pause) connection_->pause_reading();
  else connection_->resume_reading();
}

// What the session wants

void Reception::act(Session::Send action) { connection_->send(std::move(action.octets)); }

void Reception::act(Session::StartTls) { connection_->start_tls(*settings_.tls, ""); }

void Reception::act(Session::CheckPassword action) {
  const bool user = same(action.user, settings_.user);
  const bool password = same(action.password, settings_.password.reveal());
  smtp::wipe(action.password);
  session_->on_auth(user && password);
}

void Reception::act(const Session::Consult& action) {
  consulting_ = true;
  user_.consult(*this, action);
}

void Reception::act(Session::BeginMessage action) {
  message_ = Stage::coming;
  note(user_.begin(std::move(action)));
}

void Reception::act(Session::MessageOctets action) {
  if (message_ == Stage::coming) note(user_.write(action.text));
}

void Reception::note(const Result<>& result) {
  if (result) return;
  message_ = Stage::refused;
  trouble_ = result.error();
}

void Reception::act(Session::EndMessage) {
  if (message_ == Stage::refused) return stored(failure(trouble_));
  message_ = Stage::storing;
  user_.end();
}

void Reception::act(Session::AbandonMessage) {
  if (std::exchange(message_, Stage::none) == Stage::coming) user_.abandon();
}

void Reception::act(Session::Close) {
  leaving_ = true;
  connection_->shutdown();
}

}  // namespace mailchute::relay
