// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/bounce.h"

#include <utility>
#include <vector>

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

mail::DsnRecipient told_of(const mail::Recipient& recipient, std::string_view reply,
                           const Circumstances& circumstances) {
  mail::DsnRecipient told;
  told.address = recipient.address;
  told.original = recipient.original;
  if (!recipient.defect.empty()) {
    told.cause = mail::DsnCause::no_address;
    told.reply = reply;
    told.status = "5.1.3";
    return told;
  }
  if (auto why = parse_unsendable(reply)) {
    told.reply = std::move(why->reason);
    told.status = std::move(why->status);
    return told;
  }
  if (const auto words = words_of_alias(reply)) {
    told.cause = mail::DsnCause::alias;
    told.reply = *words;
    told.status = "5.7.1";
    return told;
  }
  const auto last = last_before_expiry(reply);
  told.cause = last ? mail::DsnCause::expired : mail::DsnCause::reply;
  told.reply = last.value_or(reply);
  told.remote_mta = circumstances.smart_host;
  if (circumstances.last_attempt != Time()) told.last_attempt = circumstances.last_attempt;
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
  std::vector<std::string_view> replies(entry.envelope().recipients.size());
  for (const auto& [recipient, reply] : entry.progress().failures) replies[recipient] = reply;
  for (const std::size_t i : entry.owed()) {
    report.recipients.push_back(told_of(entry.envelope().recipients[i], replies[i], circumstances));
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
  const auto told = queue_.told(entry);
  if (!told) return later(entry, told.error());
  withheld_.erase(id);
  log_(Event("bounced", Severity::notice)
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
  const Circumstances circumstances{settings_.hostname,
                                    settings_.smart_host ? settings_.smart_host->host : "", now,
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
