// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/outgoing.h"

#include <algorithm>
#include <utility>

#include "mail/header.h"
#include "mail/received_check.h"

namespace mailchute::relay {
namespace {

std::size_t count_lines(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

mail::Trace truth(const queue::Entry& entry, const std::string& hostname) {
  const mail::Envelope& envelope = entry.envelope();
  mail::Trace trace;
  trace.hostname = hostname;
  trace.uid = entry.owner();
  trace.queue_id = entry.id();
  const auto usable = [](const mail::Recipient& recipient) { return recipient.defect.empty(); };
  const auto first = std::find_if(envelope.recipients.begin(), envelope.recipients.end(), usable);
  if (std::count_if(first, envelope.recipients.end(), usable) == 1)
    trace.only_recipient = first->address;
  trace.time = envelope.time;
  return trace;
}

// The header, as far as it is one.
struct Head {
  mail::Header header;
  std::size_t length;  // octets that its fields take in the message
  std::size_t lines;
};

// Only who writes queue files by hand has more of a header than kMaxHeader: the fields behind are
// sent as they are. A last field that may go on there is one of them.
void leave_unfinished(Head& head) {
  if (head.header.fields.empty()) return;
  const std::string& last = head.header.fields.back().raw;
  head.length -= last.size();
  head.lines -= count_lines(last);
  head.header.fields.pop_back();
}

// Piece by piece, small ones: the body need not be copied.
Result<Head> read_head(const queue::Entry& entry) {
  constexpr std::size_t kPiece = 4096;
  queue::Entry::Reader text(entry);
  mail::HeaderReader reader;
  bool too_long = false;
  for (std::string_view left; !reader.ended() && !too_long;) {
    if (left.empty()) {
      const auto more = text.next();
      if (!more) return failure(more.error());
      left = *more;
    }
    if (left.empty()) break;
    too_long = !reader.feed(left.substr(0, kPiece));
    left.remove_prefix(std::min(left.size(), kPiece));
  }
  reader.finish();
  Head head{std::move(reader.header()), reader.length(), reader.lines()};
  if (too_long) leave_unfinished(head);
  return head;
}

}  // namespace

bool to_do(queue::RecipientStatus status) {
  return status == queue::RecipientStatus::to_do ||
         status == queue::RecipientStatus::possibly_delivered;
}

void Outgoing::sort_recipients() {
  const auto& all = entry.envelope().recipients;
  std::vector<bool> is_settled(all.size());
  for (const Settled& one : settled) is_settled[one.recipient] = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!relay::to_do(entry.status(i)) || is_settled[i]) continue;
    if (entry.status(i) == queue::RecipientStatus::possibly_delivered) alone = true;
    if (all[i].defect.empty()) {
      recipients.push_back(i);
      addresses.push_back(all[i].address);
    } else {
      settled.push_back({i, {Verdict::What::failed, all[i].defect, "5.1.3"}});
    }
  }
}

Result<Outgoing> Outgoing::prepare(queue::Entry entry, const mail::SenderPolicy& policy,
                                   std::vector<Settled> settled) {
  Outgoing message{.entry = std::move(entry), .settled = std::move(settled)};
  message.sort_recipients();
  const queue::Entry& it = message.entry;
  const std::string& reverse_path = it.envelope().reverse_path;
  message.reverse_path = policy.as_sent(reverse_path);
  message.eight_bit = it.facts().eight_bit;
  auto head = read_head(it);
  if (!head) return failure(head.error());
  message.wire_size = it.facts().wire_size();
  const bool received = mail::correct_received(head->header, truth(it, policy.hostname));
  const bool sender = mail::apply(policy, reverse_path, head->header);
  if (received || sender) {
    message.correction = Correction{head->length, head->header.text()};
    const std::string& text = message.correction->text;
    message.wire_size += text.size() + count_lines(text) - head->length - head->lines;
  }
  return message;
}

std::vector<std::string> Outgoing::envelope_addresses() const {
  std::vector<std::string> found;
  for (const std::size_t i : recipients) found.push_back(entry.envelope().recipients[i].address);
  return found;
}

smtp::Transaction Outgoing::transaction(smtp::TransactionId id) const {
  const mail::Envelope& envelope = entry.envelope();
  smtp::Transaction transaction;
  transaction.id = id;
  transaction.reverse_path = reverse_path;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    transaction.recipients.push_back(envelope.recipients[recipients[i]]);
    transaction.recipients.back().address = addresses[i];
  }
  transaction.size = wire_size;
  transaction.ret = envelope.ret;
  transaction.envelope_id = envelope.envelope_id;
  transaction.eight_bit = eight_bit;
  transaction.smtp_utf8 = smtp_utf8;
  transaction.without = without;
  return transaction;
}

}  // namespace mailchute::relay
