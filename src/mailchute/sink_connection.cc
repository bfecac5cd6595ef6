// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/sink_connection.h"

#include <utility>

#include "base/text.h"
#include "mail/date.h"
#include "mail/encoded_word.h"
#include "sys/clock.h"

namespace mailchute {
namespace {

// A line of the log has room for these; beside them stands how many there are.
constexpr std::size_t kMaxNamed = 10;

std::string named(const std::vector<mail::Recipient>& recipients) {
  std::string text;
  for (std::size_t i = 0; i < recipients.size() && i < kMaxNamed; ++i)
    text += (i == 0 ? "<" : ",<") + recipients[i].address + ">";
  return text;
}

std::string subject_of(const mail::Header& header) {
  for (const mail::Field& field : header.fields)
    if (field.is("Subject"))
      return mail::decode_unstructured(trim(field.body()))
          .value_or(std::string(trim(field.body())));
  return {};
}

}  // namespace

SinkConnection::SinkConnection(const SinkShared& shared,
                               std::unique_ptr<net::Connection> connection, Closed closed)
    : shared_(shared),
      closed_(std::move(closed)),
      delay_(shared.loop),
      reception_(shared.settings, *this, shared.loop, std::move(connection)) {}

Result<> SinkConnection::begin(Message message) {
  auto begun = shared_.maildir.begin();
  if (!begun) return failure(refused(begun.error()));
  message_.emplace(std::move(*begun));
  envelope_ = message.envelope;
  header_ = {};
  if (auto written = message_->write(trace(message)); !written)
    return failure(refused(written.error()));
  return {};
}

Result<> SinkConnection::write(std::string_view octets) {
  auto taken = header_.ended() ? Result<>() : header_.feed(octets);
  if (taken) taken = message_->write(octets);
  if (!taken) return failure(refused(taken.error()));
  return {};
}

void SinkConnection::end() {
  reception_.stored(deliver());
  message_.reset();
}

void SinkConnection::abandon() { message_.reset(); }

// The connection may be asked about while it is still being made.
void SinkConnection::consult(relay::Reception& reception, const Consult& about) {
  const auto decision = shared_.script.decide(about.step, about.argument);
  if (decision.delay.count() == 0) return follow(decision, reception);
  delay_.start(decision.delay, [decision, &reception] { follow(decision, reception); });
}

void SinkConnection::follow(const SinkScript::Decision& decision, relay::Reception& reception) {
  if (decision.close) return reception.hang_up();
  reception.decide(decision.reply);
}

void SinkConnection::on_closed(const Error& reason) {
  if (message_) shared_.log(Event("lost", Severity::notice).with("reason", reason.text));
  const Closed closed = std::move(closed_);  // survives this object
  closed(this);
}

const Error& SinkConnection::refused(const Error& why) {
  message_.reset();
  shared_.log(Event("refused", Severity::error).with("reason", why.text));
  return why;
}

Result<std::string> SinkConnection::deliver() {
  if (auto delivered = message_->deliver(); !delivered) return failure(refused(delivered.error()));
  header_.finish();
  shared_.log(Event("accepted")
                  .with("file", message_->name())
                  .with("from", "<" + envelope_.reverse_path + ">")
                  .with("to", named(envelope_.recipients))
                  .with("recipients", envelope_.recipients.size())
                  .with("size", message_->size())
                  .with("client", reception_.peer())
                  .with("tls", reception_.tls() ? reception_.tls()->version : "none")
                  .with("subject", subject_of(header_.header())));
  shared_.delivered();
  return message_->name();
}

// RFC 5321, 4.4
std::string SinkConnection::trace(const Message& message) const {
  std::string text = "Return-Path: <" + envelope_.reverse_path + ">\n";
  for (const auto& recipient : envelope_.recipients)
    text += "Delivered-To: " + recipient.address + "\n";
  text += "Received: from " + message.helo + " (" + reception_.client() + ")\n";
  if (const auto& tls = reception_.tls())
    text += "\t(using " + tls->version + " with cipher " + tls->cipher + ")\n";
  text += "\tby " + shared_.settings.server.hostname + " (mailchute sink) with " +
          message.protocol + " id " + message_->name();
  const Time now = sys::now();
  return text + ";\n\t" + mail::format_date(now, sys::utc_offset(now)) + "\n";
}

}  // namespace mailchute
