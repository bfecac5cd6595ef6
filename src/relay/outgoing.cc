// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/outgoing.h"

#include <algorithm>
#include <utility>

namespace mailchute::relay {
namespace {

std::uint64_t octets_on_wire(std::string_view text) {
  return text.size() + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

mail::Trace truth(const queue::Entry& entry, const std::string& hostname) {
  const mail::Envelope& envelope = entry.envelope();
  mail::Trace trace;
  trace.hostname = hostname;
  trace.uid = entry.owner();
  trace.queue_id = entry.id();
  if (envelope.recipients.size() == 1) trace.only_recipient = envelope.recipients[0].address;
  trace.time = envelope.time;
  return trace;
}

}  // namespace

bool to_do(queue::RecipientStatus status) {
  return status == queue::RecipientStatus::to_do ||
         status == queue::RecipientStatus::possibly_delivered;
}

Result<Outgoing> Outgoing::prepare(queue::Entry entry, const std::string& hostname) {
  Outgoing message{std::move(entry), {}, false, std::nullopt, 0};
  const queue::Entry& it = message.entry;
  for (std::size_t i = 0; i < it.envelope().recipients.size(); ++i) {
    if (to_do(it.status(i))) message.recipients.push_back(i);
    if (it.status(i) == queue::RecipientStatus::possibly_delivered) message.alone = true;
  }
  queue::Entry::Reader reader(it);
  const auto start = it.text() ? Result<std::string_view>(*it.text()) : reader.next();
  if (!start) return failure(start.error());
  message.correction = mail::correct_received(*start, truth(it, hostname));
  message.wire_size = it.facts().wire_size();
  if (message.correction) {
    message.wire_size += octets_on_wire(message.correction->text);
    message.wire_size -= octets_on_wire(start->substr(0, message.correction->replaces));
  }
  return message;
}

smtp::Transaction Outgoing::transaction(smtp::TransactionId id) const {
  const mail::Envelope& envelope = entry.envelope();
  smtp::Transaction transaction;
  transaction.id = id;
  transaction.reverse_path = envelope.reverse_path;
  for (const std::size_t i : recipients) transaction.recipients.push_back(envelope.recipients[i]);
  transaction.size = wire_size;
  transaction.eight_bit = entry.facts().eight_bit;
  return transaction;
}

}  // namespace mailchute::relay
