// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/sink_connection.h"

#include <sodium.h>

#include "mail/date.h"
#include "smtp/sasl.h"
#include "sys/clock.h"

namespace mailchute {
namespace {

constexpr std::chrono::minutes kPatience{5};  // RFC 5321, 4.5.3.2.7
constexpr std::size_t kMaxUnsent = 1 << 20;   // of replies that the client does not read

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

// "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321, 4.1.3) of "192.0.2.1:25" or "[2001:db8::1]:25".
std::string address_literal(const std::string& peer) {
  const std::string host = peer.substr(0, peer.rfind(':'));
  if (host.starts_with('[')) return "[IPv6:" + host.substr(1);
  return "[" + host + "]";
}

}  // namespace

SinkConnection::SinkConnection(const SinkSettings& settings, Maildir& maildir, Log& log,
                               net::EventLoop& loop, std::unique_ptr<net::Connection> connection,
                               Closed closed)
    : settings_(settings),
      maildir_(maildir),
      log_(log),
      connection_(std::move(connection)),
      closed_(std::move(closed)),
      patience_(loop) {
  connection_->set_user(this);
  wait();
  if (settings_.implicit_tls)
    connection_->start_tls(*settings_.tls, "");
  else
    begin_session(false);
}

void SinkConnection::begin_session(bool secure) {
  session_.emplace(settings_.server, secure);
  follow();
}

void SinkConnection::wait() {
  patience_.start(kPatience, [this] {
    if (!session_ || session_->waiting()) return connection_->shutdown();
    session_->on_timeout();
    follow();
  });
}

void SinkConnection::on_octets(std::string_view octets) {
  wait();
  session_->on_octets(octets);
  follow();
}

void SinkConnection::on_sent() {
  if (std::exchange(paused_, false)) connection_->resume_reading();
}

void SinkConnection::on_tls(const net::TlsFacts& facts) {
  wait();
  tls_ = facts;
  if (!session_) return begin_session(true);
  session_->on_tls();
  follow();
}

void SinkConnection::on_closed(const Error& reason) {
  if (message_) log_(Event("lost", Severity::notice).with("reason", reason.text));
  const Closed closed = std::move(closed_);  // survives this object
  closed(this);
}

void SinkConnection::follow() {
  while (auto action = session_->next())
    std::visit([this](auto& what) { act(std::move(what)); }, *action);
  if (paused_ || connection_->unsent() < kMaxUnsent) return;
  paused_ = true;
  connection_->pause_reading();
}

void SinkConnection::act(Session::Send action) { connection_->send(std::move(action.octets)); }

void SinkConnection::act(Session::StartTls) { connection_->start_tls(*settings_.tls, ""); }

void SinkConnection::act(Session::CheckPassword action) {
  const bool user = same(action.user, settings_.user);
  const bool password = same(action.password, settings_.password.reveal());
  smtp::wipe(action.password);
  session_->on_auth(user && password);
}

void SinkConnection::act(Session::BeginMessage action) {
  trouble_.reset();
  message_.reset();
  auto message = maildir_.begin();
  if (message)
    message_.emplace(std::move(*message));
  else
    trouble_ = message.error();
  envelope_ = std::move(action.envelope);
  write(trace(action));
}

void SinkConnection::act(Session::MessageOctets action) { write(action.text); }

void SinkConnection::act(Session::EndMessage) {
  session_->on_message_stored(deliver());
  message_.reset();
}

void SinkConnection::act(Session::AbandonMessage) { message_.reset(); }

void SinkConnection::act(Session::Close) { connection_->shutdown(); }

void SinkConnection::write(std::string_view octets) {
  if (trouble_) return;
  if (auto written = message_->write(octets); !written) trouble_ = written.error();
}

Result<std::string> SinkConnection::deliver() {
  if (!trouble_)
    if (auto delivered = message_->deliver(); !delivered) trouble_ = delivered.error();
  if (trouble_) {
    log_(Event("refused", Severity::error).with("reason", trouble_->text));
    return failure(*trouble_);
  }
  log_(Event("accepted")
           .with("file", message_->name())
           .with("from", "<" + envelope_.reverse_path + ">")
           .with("to", "<" + envelope_.recipients.front().address + ">")
           .with("recipients", envelope_.recipients.size())
           .with("size", message_->size())
           .with("client", connection_->peer())
           .with("tls", tls_ ? tls_->version : "none"));
  return message_->name();
}

// RFC 5321, 4.4
std::string SinkConnection::trace(const Session::BeginMessage& message) const {
  std::string text = "Return-Path: <" + envelope_.reverse_path + ">\n";
  for (const auto& recipient : envelope_.recipients)
    text += "Delivered-To: " + recipient.address + "\n";
  text += "Received: from " + message.helo + " (" + address_literal(connection_->peer()) + ")\n";
  if (tls_) text += "\t(using " + tls_->version + " with cipher " + tls_->cipher + ")\n";
  text += "\tby " + settings_.server.hostname + " (mailchute sink) with " + message.protocol;
  if (message_) text += " id " + message_->name();
  const Time now = sys::now();
  return text + ";\n\t" + mail::format_date(now, sys::utc_offset(now)) + "\n";
}

}  // namespace mailchute
