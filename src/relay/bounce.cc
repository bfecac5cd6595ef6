// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/bounce.h"

#include <algorithm>
#include <map>
#include <utility>

#include "relay/by_hand.h"
#include "relay/expiry.h"
#include "relay/readdress.h"
#include "relay/unsendable.h"
#include "sys/clock.h"

namespace mailchute::relay {
namespace {

using queue::Disposition;

// Up to the blank line that ends it, or all there is.
std::string_view header_section(std::string_view start) {
  const auto end = start.find("\n\n");
  return end == std::string_view::npos ? start : start.substr(0, end + 1);
}

mail::DsnOriginal original_of(const queue::Entry& entry, std::string_view start) {
  mail::DsnOriginal original;
  original.queue_id = entry.id();
  original.envelope_id = entry.envelope().envelope_id;
  original.ret = entry.envelope().ret;
  original.arrival = entry.envelope().time;
  original.header = header_section(start);
  original.size = entry.facts().length;
  original.longest_line = entry.facts().longest_line;
  original.eight_bit = entry.facts().eight_bit;
  original.nul = entry.facts().nul;
  return original;
}

mail::DsnAction action_of(queue::RecipientStatus status, const queue::Reply& reply) {
  if (queue::is_open(status)) return mail::DsnAction::delayed;
  if (status != queue::RecipientStatus::relayed) return mail::DsnAction::failed;
  return reply.host.empty() ? mail::DsnAction::delivered : mail::DsnAction::relayed;
}

// The cause, with the words that belong to it.
void explain(mail::DsnRecipient& told, const mail::Recipient& recipient,
             const queue::Reply& reply) {
  told.reply = reply.text;
  if (!recipient.defect.empty()) {
    told.cause = mail::DsnCause::no_address;
    told.status = "5.1.3";
  } else if (auto why = parse_unsendable(reply.text)) {
    told.reply = std::move(why->reason);
    told.status = std::move(why->status);
  } else if (const auto words = words_of_alias(reply.text)) {
    told.cause = mail::DsnCause::alias;
    told.reply = *words;
    told.status = "5.7.1";
  } else if (const auto by_hand = words_by_hand(reply.text)) {
    told.cause = mail::DsnCause::administrator;
    told.reply = *by_hand;
    told.status = "5.7.1";
  } else if (const auto last = last_before_expiry(reply.text)) {
    told.cause = mail::DsnCause::expired;
    told.reply = *last;
  } else if (reply.host.empty()) {
    told.cause = mail::DsnCause::here;
  }
}

mail::DsnRecipient told_of(const queue::Entry& entry, std::size_t index, const queue::Reply& reply,
                           const Circumstances& circumstances) {
  const mail::Envelope& envelope = entry.envelope();
  const mail::Recipient& recipient = envelope.recipients[index];
  mail::DsnRecipient told;
  told.address = recipient.address;
  told.original = recipient.original;
  told.action = action_of(entry.status(index), reply);
  explain(told, recipient, reply);
  told.remote_mta = reply.host;
  const bool asked = !reply.host.empty() && circumstances.last_attempt != Time();
  if (asked) told.last_attempt = circumstances.last_attempt;
  if (told.action == mail::DsnAction::delayed)
    told.retry_until = envelope.time + circumstances.lifetime;
  return told;
}

mail::Envelope envelope_of(const std::string& to, bool eight_bit, std::uint32_t daemon, Time now) {
  mail::Envelope envelope;
  envelope.recipients.push_back({to, {}, {}});
  envelope.body = eight_bit ? mail::BodyType::eight_bit_mime : mail::BodyType::unspecified;
  envelope.uid = daemon;
  envelope.time = now;
  return envelope;
}

// `piece` is what the reader gave first.
Result<> copy_rest(queue::Entry::Reader& reader, std::string_view piece,
                   queue::OwnEntryWriter& writer) {
  while (!piece.empty()) {
    if (auto written = writer.write(piece); !written) return written;
    const auto next = reader.next();
    if (!next) return failure(next.error());
    piece = *next;
  }
  return {};
}

std::string_view event_for(const queue::Entry& entry) {
  const auto owed = entry.owed();
  const bool bad = std::any_of(owed.begin(), owed.end(), [&](std::size_t i) {
    return entry.status(i) == queue::RecipientStatus::failed;
  });
  return bad ? "bounced" : "notified";
}

std::string_view why_nobody_is_told(const queue::Entry& entry) {
  if (entry.envelope().reverse_path.empty()) {
    return "null reverse-path: nobody is told of a lost notification";
  }
  return "the sender wants no notification (NOTIFY)";
}

}  // namespace

mail::DsnReport report_on(const queue::Entry& entry, std::string_view start,
                          const Circumstances& circumstances) {
  mail::DsnReport report;
  report.hostname = circumstances.hostname;
  report.queue_id = entry.progress().notification;
  report.to = entry.envelope().reverse_path;
  report.now = circumstances.now;
  report.utc_offset = circumstances.utc_offset;
  report.original = original_of(entry, start);
  std::map<std::size_t, const queue::Reply*> replies;
  for (const queue::Reply& reply : entry.progress().replies) replies[reply.recipient] = &reply;
  for (const std::size_t i : entry.owed()) {
    const auto known = replies.find(i);
    const queue::Reply none{i, {}};
    report.recipients.push_back(
        told_of(entry, i, known == replies.end() ? none : *known->second, circumstances));
  }
  return report;
}

Bouncer::Bouncer(queue::Queue& queue, const config::Settings& settings, Log& log)
    : queue_(queue), settings_(settings), log_(log) {}

Bouncer::Settled Bouncer::settle(queue::Entry& entry, Disposition recorded, Time last_attempt) {
  if (recorded != Disposition::owed) return settled(entry, recorded, why_nobody_is_told(entry));
  const std::string id = entry.progress().notification;
  if (!queue_.has(id)) {
    withheld_.erase(id);
    if (auto queued = queue_notification(entry, last_attempt); !queued) {
      return not_queued(entry, queued.error());
    }
  }
  withheld_.insert(id);
  const std::string_view event = event_for(entry);
  const auto told = queue_.told(entry);
  if (!told) return later(entry, told.error());
  withheld_.erase(id);
  log_(Event(event, Severity::notice)
           .with("id", entry.id())
           .with("notification", id)
           .with("to", "<" + entry.envelope().reverse_path + ">"));
  auto result = settled(entry, *told, why_nobody_is_told(entry));
  result.notification = id;
  return result;
}

Result<> Bouncer::queue_notification(const queue::Entry& entry, Time last_attempt) {
  queue::Entry::Reader reader(entry);
  const auto start = reader.next();
  if (!start) return failure(start.error());
  const Time now = sys::now();
  const Circumstances circumstances{settings_.hostname, settings_.retry.lifetime, now,
                                    sys::utc_offset(now), last_attempt};
  const auto report = report_on(entry, *start, circumstances);
  const auto dsn = mail::compose_dsn(report);
  auto writer = queue_.create(report.queue_id, queue_.daemon());
  if (!writer) return failure(writer.error());
  auto done = writer->begin(envelope_of(report.to, dsn.eight_bit, queue_.daemon(), now));
  if (done) done = writer->write(dsn.head);
  if (done && dsn.whole_message) done = copy_rest(reader, *start, *writer);
  if (done) done = writer->write(dsn.tail);
  if (!done) return done;
  if (auto finished = writer->finish(); !finished) return failure(finished.error());
  return queue_.commit(*writer);
}

// What cannot be queued for reasons of its own never can.
Bouncer::Settled Bouncer::not_queued(const queue::Entry& entry, const Error& error) {
  if (error.kind != Error::Kind::data) return later(entry, error);
  const auto where = queue_.untold(entry);
  if (!where) return later(entry, where.error());
  return settled(entry, *where, "no notification is possible: " + error.text);
}

Bouncer::Settled Bouncer::settled(const queue::Entry& entry, Disposition where,
                                  std::string_view reason) {
  if (where == Disposition::failed) {
    log_(Event("dead-letter", Severity::warning)
             .with("id", entry.id())
             .with("from", "<" + entry.envelope().reverse_path + ">")
             .with("reason", reason));
  }
  return {where, {}};
}

Bouncer::Settled Bouncer::later(const queue::Entry& entry, const Error& error) {
  log_(Event("bounce-failed", Severity::error).with("id", entry.id()).with("reason", error.text));
  return {Disposition::owed, {}};
}

}  // namespace mailchute::relay
