// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/recorder.h"

#include <algorithm>
#include <utility>

#include "relay/expiry.h"
#include "sys/clock.h"

namespace mailchute::relay {
namespace {

using queue::Disposition;
using queue::Outcome;
using queue::RecipientStatus;
using What = Verdict::What;

constexpr Milliseconds kSyncWithin{50};  // DESIGN 1, promise 4

RecipientStatus status_of(What what) {
  switch (what) {
    case What::delivered:
    case What::discarded: return RecipientStatus::done;
    case What::failed: return RecipientStatus::failed;
    case What::possibly_delivered: return RecipientStatus::possibly_delivered;
    case What::deferred: return RecipientStatus::to_do;
  }
  return RecipientStatus::to_do;
}

// RFC 3461, 5.2.2: nobody else will tell.
bool to_be_told(const mail::Envelope& envelope, std::size_t recipient, const Via& via) {
  return !via.dsn &&
         mail::wants_report(envelope, envelope.recipients[recipient], mail::DsnAction::relayed);
}

// RFC 3463, 3.5: delivery time expired.
void expire(Verdict& verdict, Seconds lifetime) {
  verdict = {What::failed, expired_reply(lifetime, verdict.reply), "5.4.7"};
}

std::vector<Outcome> outcomes_of(const Outgoing& message, const Judgement& judgement,
                                 const Via& via) {
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    const Verdict& verdict = judgement.recipients[i];
    Outcome outcome{message.recipients[i], status_of(verdict.what), verdict.reply, via.host};
    // What may have been delivered once stays so through later deferrals.
    const bool doubtful =
        message.entry.status(outcome.recipient) == RecipientStatus::possibly_delivered;
    if (doubtful && verdict.what == What::deferred)
      outcome.status = RecipientStatus::possibly_delivered;
    const bool relayed = verdict.what == What::delivered &&
                         to_be_told(message.entry.envelope(), outcome.recipient, via);
    if (relayed) outcome.status = RecipientStatus::relayed;
    outcomes.push_back(std::move(outcome));
  }
  for (const auto& [recipient, verdict] : message.settled) {
    const bool told_of =
        verdict.what == What::discarded && to_be_told(message.entry.envelope(), recipient, {});
    outcomes.push_back(
        {recipient, told_of ? RecipientStatus::relayed : status_of(verdict.what), verdict.reply});
  }
  return outcomes;
}

bool nothing_happened(const std::vector<Outcome>& outcomes) {
  return std::all_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
    return outcome.status == RecipientStatus::to_do;
  });
}

Care care_for(const std::vector<Outcome>& outcomes, bool alone) {
  const bool doubtful = std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
    return outcome.status == RecipientStatus::possibly_delivered;
  });
  return alone || doubtful ? Care::needed : Care::none;
}

// A smart host refuses MAIL for the sender's sake, as a rule.
std::string held_reason(const Outgoing& message, const Judgement& judgement) {
  return judgement.reply + "; the sender was <" + message.reverse_path +
         ">, see smart_host.sender in mailchute.conf(5)";
}

}  // namespace

Recorder::Recorder(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
                   RecorderUser& user, Log& log)
    : queue_(queue),
      settings_(settings),
      user_(user),
      log_(log),
      retry_{settings.retry.first, settings.retry.longest},
      bouncer_(queue, settings, log),
      record_timer_(loop),
      sync_timer_(loop),
      random_(std::random_device{}()) {}

void Recorder::record(Outgoing message, Judgement judgement, const Via& via) {
  if (judgement.held) {
    log_judgement(log_, message, judgement, via, sys::now());
    return hold(message, held_reason(message, judgement));
  }
  queue::RetryInfo info = queue_.load_info(message.entry.id());
  info.last_attempt = sys::now();
  std::vector<Verdict*> verdicts;
  for (Verdict& verdict : judgement.recipients) verdicts.push_back(&verdict);
  for (Settled& settled : message.settled) verdicts.push_back(&settled.verdict);
  std::erase_if(verdicts, [](const Verdict* verdict) { return !to_do(status_of(verdict->what)); });
  if (!verdicts.empty()) info.reason = verdicts.back()->reply;
  const bool answered = judgement.answered || message.recipients.empty();
  const Milliseconds age = ages_.of(message.entry.id(), sys::boot_now());
  if (attempted(info, {message.later_in_round, message.more, answered}, age,
                settings_.retry.lifetime)) {
    for (Verdict* verdict : verdicts) expire(*verdict, settings_.retry.lifetime);
  }
  log_judgement(log_, message, judgement, via, info.last_attempt);
  auto outcomes = outcomes_of(message, judgement, via);
  const Care care = care_for(outcomes, judgement.alone);
  const bool late = settings_.retry.delay_notice && age >= *settings_.retry.delay_notice;
  Attempt attempt{std::move(message), std::move(outcomes), std::move(info), care, late};
  if (settle(attempt)) return;
  unrecorded_.push_back(std::move(attempt));
  record_later();
}

void Recorder::hold(Outgoing& message, const std::string& reason) {
  const std::string& id = message.entry.id();
  const Time arrival = message.entry.envelope().time;
  if (auto held = queue_.hold(message.entry, reason); !held) {
    log_(Event("record-failed", Severity::error).with("id", id).with("reason", held.error().text));
    return user_.on_put_back(id, arrival, retry_.first, Care::none);
  }
  user_.on_gone(id);
}

// False when the facts are not on disk and must get there before the message is touched again.
bool Recorder::settle(Attempt& attempt) {
  auto disposition = queue_.record(attempt.message.entry, attempt.outcomes, attempt.late);
  if (!disposition) return not_recorded(attempt, disposition.error());
  const auto where = bounce(attempt.message.entry, *disposition, attempt.info.last_attempt);
  if (where == Disposition::waiting || where == Disposition::owed) {
    defer(attempt.message.entry, attempt.info, attempt.care);
  }
  return true;
}

// What is owed goes first. An entry that is gone is reported, one that stays is not.
Disposition Recorder::bounce(queue::Entry& entry, Disposition recorded, Time last_attempt) {
  const auto [where, notification] = bouncer_.settle(entry, recorded, last_attempt);
  if (!notification.empty())
    user_.on_put_back(notification, sys::now(), Milliseconds(0), Care::none);
  if (where == Disposition::removed || where == Disposition::failed) {
    user_.on_gone(entry.id());
    sync_soon();
  }
  return where;
}

// A notification that cannot be queued does not hold up the other recipients; one that is queued,
// but not yet known to be on disk, does.
bool Recorder::settle_owed(queue::Entry& entry) {
  queue::RetryInfo info = queue_.load_info(entry.id());
  const auto where = bounce(entry, Disposition::owed, info.last_attempt);
  if (where == Disposition::waiting) return true;
  if (where != Disposition::owed) return false;
  const bool others = queue::has_open(entry.progress().status);
  if (others && !bouncer_.withholds(entry.progress().notification)) return true;
  defer(entry, std::move(info), Care::none);
  return false;
}

// A submitter who has changed his file meanwhile: it can never be recorded, and the next look at it
// finds that out.
bool Recorder::not_recorded(const Attempt& attempt, const Error& error) {
  log_(Event("record-failed", Severity::error)
           .with("id", attempt.message.entry.id())
           .with("reason", error.text));
  const bool again = error.kind == Error::Kind::data || nothing_happened(attempt.outcomes);
  if (again) defer(attempt.message.entry, attempt.info, attempt.care);
  return again;
}

void Recorder::record_later() {
  record_timer_.start(retry_.first, [this] {
    while (!unrecorded_.empty() && settle(unrecorded_.front())) unrecorded_.pop_front();
    if (!unrecorded_.empty()) record_later();
    user_.on_relief();
  });
}

void Recorder::defer(const queue::Entry& entry, queue::RetryInfo info, Care care) {
  const double chance = std::uniform_real_distribution<double>(0, 1)(random_);
  const Milliseconds delay = retry_delay(retry_, user_.attempts(entry.id(), info.attempts), chance);
  info.next_try = sys::now() + delay;
  queue_.save_info(entry.id(), info);
  user_.on_put_back(entry.id(), entry.envelope().time, delay, care);
}

std::vector<std::string> Recorder::unrecorded() const {
  std::vector<std::string> ids;
  for (const Attempt& attempt : unrecorded_) ids.push_back(attempt.message.entry.id());
  return ids;
}

void Recorder::finish() {
  for (Attempt& attempt : std::exchange(unrecorded_, {})) settle(attempt);
  sync_now();
}

// The queue's removals

void Recorder::sync_soon() {
  if (queue_.unsynced() >= settings_.sync_every) return sync_now();
  if (std::exchange(syncing_soon_, true)) return;
  sync_timer_.start(kSyncWithin, [this] { sync_now(); });
}

void Recorder::sync_now() {
  syncing_soon_ = false;
  sync_timer_.cancel();
  if (queue_.unsynced() == 0) return;
  if (auto synced = queue_.sync(); !synced) {
    log_(Event("sync-failed", Severity::error).with("reason", synced.error().text));
    sync_timer_.start(retry_.first, [this] { sync_now(); });
  }
}

}  // namespace mailchute::relay
