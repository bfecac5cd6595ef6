// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/sink_connection.h"

#include <utility>

#include "mail/date.h"
#include "sys/clock.h"

namespace mailchute {
namespace {

// "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321, 4.1.3) of "192.0.2.1:25" or "[2001:db8::1]:25".
std::string address_literal(const std::string& peer) {
  const std::string host = peer.substr(0, peer.rfind(':'));
  if (host.starts_with('[')) return "[IPv6:" + host.substr(1);
  return "[" + host + "]";
}

}  // namespace

SinkConnection::SinkConnection(const relay::ReceptionSettings& settings, Maildir& maildir, Log& log,
                               net::EventLoop& loop, std::unique_ptr<net::Connection> connection,
                               Closed closed)
    : settings_(settings),
      maildir_(maildir),
      log_(log),
      closed_(std::move(closed)),
      reception_(settings, *this, loop, std::move(connection)) {}

Result<> SinkConnection::begin(Message message) {
  auto begun = maildir_.begin();
  if (!begun) return failure(refused(begun.error()));
  message_.emplace(std::move(*begun));
  envelope_ = message.envelope;
  return write(trace(message));
}

Result<> SinkConnection::write(std::string_view octets) {
  auto written = message_->write(octets);
  if (!written) return failure(refused(written.error()));
  return {};
}

void SinkConnection::end() {
  reception_.stored(deliver());
  message_.reset();
}

void SinkConnection::abandon() { message_.reset(); }

void SinkConnection::on_closed(const Error& reason) {
  if (message_) log_(Event("lost", Severity::notice).with("reason", reason.text));
  const Closed closed = std::move(closed_);  // survives this object
  closed(this);
}

const Error& SinkConnection::refused(const Error& why) {
  message_.reset();
  log_(Event("refused", Severity::error).with("reason", why.text));
  return why;
}

Result<std::string> SinkConnection::deliver() {
  if (auto delivered = message_->deliver(); !delivered) return failure(refused(delivered.error()));
  log_(Event("accepted")
           .with("file", message_->name())
           .with("from", "<" + envelope_.reverse_path + ">")
           .with("to", "<" + envelope_.recipients.front().address + ">")
           .with("recipients", envelope_.recipients.size())
           .with("size", message_->size())
           .with("client", reception_.peer())
           .with("tls", reception_.tls() ? reception_.tls()->version : "none"));
  return message_->name();
}

// RFC 5321, 4.4
std::string SinkConnection::trace(const Message& message) const {
  std::string text = "Return-Path: <" + envelope_.reverse_path + ">\n";
  for (const auto& recipient : envelope_.recipients)
    text += "Delivered-To: " + recipient.address + "\n";
  text += "Received: from " + message.helo + " (" + address_literal(reception_.peer()) + ")\n";
  if (const auto& tls = reception_.tls())
    text += "\t(using " + tls->version + " with cipher " + tls->cipher + ")\n";
  text += "\tby " + settings_.server.hostname + " (mailchute sink) with " + message.protocol +
          " id " + message_->name();
  const Time now = sys::now();
  return text + ";\n\t" + mail::format_date(now, sys::utc_offset(now)) + "\n";
}

}  // namespace mailchute
