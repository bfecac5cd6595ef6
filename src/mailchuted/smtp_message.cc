// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/smtp_message.h"

#include <utility>

#include "queue/queue_id.h"
#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

std::uint64_t octets_of(const mail::Envelope& envelope) {
  std::uint64_t octets = envelope.reverse_path.size() + envelope.envelope_id.size();
  for (const mail::Recipient& recipient : envelope.recipients) {
    octets += sizeof recipient + recipient.address.size() + recipient.original.size();
  }
  return octets;
}

}  // namespace

SmtpMessage::SmtpMessage(queue::Queue& queue, const config::Settings& settings, uid_t uid,
                         smtp::ServerSession::BeginMessage message, const std::string& client)
    : queue_(queue),
      settings_(settings),
      message_(std::move(message)),
      client_(message_.helo + " (" + client + ")"),
      intake_([this](const mail::Header& header) { return prepare(header); }, *this) {
  adopted_.id = queue::new_queue_id();
  adopted_.owner = uid;
  held_ = octets_of(message_.envelope);
}

// Once.
mail::Submission SmtpMessage::prepare(const mail::Header& header) {
  mail::Surroundings at;
  at.hostname = settings_.hostname;
  at.domain = settings_.domain;
  at.uid = adopted_.owner;
  at.queue_id = adopted_.id;
  at.now = sys::now();
  at.utc_offset = sys::utc_offset(at.now);
  at.client = client_;
  return mail::prepare(header, std::move(message_.envelope), message_.protocol, at);
}

Result<> SmtpMessage::feed(std::string_view text) {
  if (!writer_) held_ += text.size();
  return after(intake_.feed(text));
}

Result<> SmtpMessage::finish() {
  if (auto finished = after(intake_.finish()); !finished) return finished;
  adopted_.octets = writer_->message_length();
  auto sum = writer_->complete();
  return sum ? Result<>() : Result<>(failure(std::move(sum.error())));
}

// What was gathered has been written.
Result<> SmtpMessage::after(Result<> taken) {
  if (!taken || held_ == 0 || !writer_) return taken;
  intake_.submission() = {};
  held_ = 0;
  return taken;
}

Result<> SmtpMessage::begin(const mail::Envelope& envelope) {
  auto writer = queue_.create(adopted_.id, adopted_.owner);
  if (!writer) return failure(std::move(writer.error()));
  adopted_.time = envelope.time;
  writer_.emplace(std::move(*writer));
  return writer_->begin(envelope);
}

Result<> SmtpMessage::write(std::string_view text) {
  const std::uint64_t limit = settings_.message_size_limit;
  if (limit != 0 && writer_->message_length() + text.size() > limit) {
    return failure(Error::Kind::data, "the message is larger than " + std::to_string(limit) +
                                          " octets (message_size_limit)");
  }
  return writer_->write(text);
}

}  // namespace mailchute::mailchuted
