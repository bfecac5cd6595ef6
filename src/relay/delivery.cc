// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/delivery.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "queue/listing.h"
#include "sys/clock.h"

namespace mailchute::relay {
namespace {

using queue::Outcome;
using queue::RecipientStatus;
using What = Verdict::What;

constexpr std::size_t kAdoptAtOnce = 256;       // then the loop goes on: nobody waits for a flood
constexpr Milliseconds kSyncWithin{50};         // DESIGN 1, promise 4
constexpr Seconds kLookAgain{60};               // should a message come without an event
constexpr Seconds kLookForLate{1};              // a submitter may hold his file back for a while
constexpr unsigned kAttemptsBeforeExpiry = 3;   // a machine that was off for a week tries again first

Conversation::Options conversation_options(const config::Settings& settings, std::string_view password) {
  Conversation::Options options{settings.hostname, *settings.smart_host, std::nullopt};
  if (!settings.smart_host->user.empty()) {
    options.credentials = smtp::Credentials{settings.smart_host->user, password};
  }
  return options;
}

RecipientStatus status_of(What what) {
  switch (what) {
    case What::delivered: return RecipientStatus::done;
    case What::failed: return RecipientStatus::failed;
    case What::possibly_delivered: return RecipientStatus::possibly_delivered;
    case What::deferred: return RecipientStatus::to_do;
  }
  return RecipientStatus::to_do;
}

Severity severity_of(What what) {
  return what == What::delivered ? Severity::info : Severity::warning;
}

// "1.234" seconds.
std::string seconds_text(Milliseconds span) {
  const auto count = std::max<Milliseconds::rep>(span.count(), 0);
  std::string fraction = std::to_string(count % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(count / 1000) + "." + fraction;
}

}  // namespace

Delivery::Delivery(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
                   std::string_view password, net::TlsContext* tls, Log& log)
    : loop_(loop), queue_(queue), settings_(settings),
      conversation_options_(conversation_options(settings, password)),
      retry_{settings.retry.first, settings.retry.longest}, tls_(tls), log_(log), health_(retry_),
      wake_timer_(loop), look_timer_(loop), record_timer_(loop), sync_timer_(loop),
      finish_timer_(loop), random_(std::random_device{}()) {}

// What comes in

Result<> Delivery::load_queue() {
  auto listed = queue::list(settings_.queue_directory);
  if (!listed) return failure(listed.error());
  const Time now = sys::now();
  const Instant boot = sys::boot_now();
  for (const auto& entry : *listed) {
    if (entry.place != queue::Place::active && entry.place != queue::Place::waiting) continue;
    // A clock that was wrong must not keep mail waiting.
    const auto wait = std::clamp<Milliseconds>(entry.info.next_try - now, Milliseconds(0), retry_.longest);
    schedule_.add(entry.id, std::min(entry.time, now), boot + wait);
  }
  pump();
  return {};
}

void Delivery::look_for_new_mail() {
  if (std::exchange(adopting_, true)) return;
  loop_.post([this] {
    adopting_ = false;
    adopt();
    pump();
  });
}

void Delivery::adopt() {
  look_timer_.start(kLookAgain, [this] { look_for_new_mail(); });
  auto adopted = queue_.adopt(kAdoptAtOnce);
  if (!adopted) return log_(Event("adopt-failed", Severity::error).with("reason", adopted.error().text));
  for (const auto& entry : *adopted) {
    log_(Event("queued").with("id", entry.id).with("uid", std::uint64_t{entry.owner}));
    // With -odq a message waits for the next queue run: somebody's wish, or the longest interval.
    put_back(entry.id, entry.time, entry.wait_for_queue_run ? retry_.longest : Milliseconds(0));
  }
  if (!queue_.more_to_adopt()) return;
  if (!adopted->empty()) return look_for_new_mail();
  look_timer_.start(kLookForLate, [this] { look_for_new_mail(); });
}

std::size_t Delivery::retry_all() {
  health_.forget_pause();
  const std::size_t count = schedule_.hurry(sys::boot_now());
  pump();
  return count;
}

bool Delivery::retry(const std::string& id) {
  const bool known = schedule_.hurry(id, sys::boot_now());
  if (known) health_.forget_pause();
  pump();
  return known;
}

Result<> Delivery::release(const std::string& id) {
  if (auto released = queue_.release(id); !released) return released;
  log_(Event("released", Severity::notice).with("id", id));
  schedule_.add(id, sys::now(), sys::boot_now());
  health_.forget_pause();
  pump();
  return {};
}

// What goes out

void Delivery::pump() {
  if (finished_ || too_much_unrecorded()) return;
  if (conversation_) return conversation_->wake();
  const auto due = schedule_.next_due();
  if (!due || std::max(*due, health_.paused_until().value_or(*due)) > sys::boot_now()) {
    return wake_when_due();
  }
  conversation_ = std::make_unique<Conversation>(loop_, conversation_options_, tls_,
                                                 static_cast<ConversationUser&>(*this));
}

// A connection that is open does not wait for the end of a pause.
void Delivery::wake_when_due() {
  auto due = schedule_.next_due();
  if (!due) return wake_timer_.cancel();
  if (!conversation_ && health_.paused_until()) due = std::max(*due, *health_.paused_until());
  wake_timer_.start(std::max(*due - sys::boot_now(), Milliseconds(0)), [this] { pump(); });
}

// A message whose fate is in doubt, or a smart host that is, gets a transaction to itself.
bool Delivery::may_begin() const {
  if (finished_ || too_much_unrecorded()) return false;
  if (in_flight_.empty()) return true;
  return !health_.on_probation() && !in_flight_.begin()->second.alone;
}

std::optional<smtp::Transaction> Delivery::next_transaction() {
  if (!may_begin()) return std::nullopt;
  auto message = load_next();
  if (!message) {
    wake_when_due();
    return std::nullopt;
  }
  if (message->alone && !in_flight_.empty()) {
    put_back(message->entry.id(), message->entry.envelope().time, Milliseconds(0));
    return std::nullopt;
  }
  const smtp::TransactionId id = ++last_id_;
  return in_flight_.emplace(id, std::move(*message)).first->second.transaction(id);
}

std::optional<Outgoing> Delivery::load_next() {
  const Instant now = sys::boot_now();
  for (;;) {
    auto id = schedule_.take(now, health_.suspect());
    if (!id && !health_.suspect().empty()) id = schedule_.take(now);
    if (!id) return std::nullopt;
    auto message = load(*id);
    if (message) return std::move(*message);
    log_(Event("unreadable", Severity::error).with("id", *id).with("reason", message.error().text));
    // These two mean that it is not in cur/ any more (queue.h).
    const Error::Kind kind = message.error().kind;
    const bool gone = kind == Error::Kind::data || kind == Error::Kind::unavailable;
    gone ? schedule_.remove(*id) : put_back(*id, sys::now(), retry_.first);
  }
}

Result<Outgoing> Delivery::load(const std::string& id) {
  auto entry = queue_.load(id);
  if (!entry) return failure(entry.error());
  auto message = Outgoing::prepare(std::move(*entry), settings_.hostname);
  if (!message) return failure(Error::Kind::temporary, message.error().text);
  return message;
}

const Outgoing& Delivery::message_of(smtp::TransactionId id) { return in_flight_.at(id); }

// What was said

void Delivery::on_report(smtp::TransactionReport report) {
  auto node = in_flight_.extract(report.id);
  Outgoing& message = node.mapped();
  Judgement judgement = judge(report);
  judge_smart_host(message.entry.id(), judgement, report.local);
  if (judgement.untouched) {
    put_back(message.entry.id(), message.entry.envelope().time, Milliseconds(0));
  } else {
    record(std::move(message), std::move(judgement));
  }
  finish_if_idle();
}

void Delivery::judge_smart_host(const std::string& id, const Judgement& judgement, bool local) {
  if (judgement.untouched || local) return;
  if (!judgement.interrupted) return health_.works();
  health_.interrupted(id, judgement.held ? judgement.reply : judgement.recipients.front().reply,
                      sys::now(), sys::boot_now(), chance());
}

void Delivery::record(Outgoing message, Judgement judgement) {
  if (judgement.held) return hold(message, judgement);
  queue::RetryInfo info = queue_.load_info(message.entry.id());
  ++info.attempts;
  info.last_attempt = sys::now();
  for (const Verdict& verdict : judgement.recipients) {
    if (to_do(status_of(verdict.what))) info.reason = verdict.reply;
  }
  const Milliseconds age = info.last_attempt - message.entry.envelope().time;
  if (info.attempts >= kAttemptsBeforeExpiry && age > settings_.retry.lifetime) expire(judgement);
  log_verdicts(message, judgement);
  auto outcomes = this->outcomes(message, judgement);
  Attempt attempt{std::move(message), std::move(outcomes), std::move(info)};
  if (settle(attempt)) return;
  unrecorded_.push_back(std::move(attempt));
  record_later();
}

// RFC 3463, 3.5: delivery time expired.
void Delivery::expire(Judgement& judgement) const {
  const auto lifetime = static_cast<std::uint64_t>(settings_.retry.lifetime.count());
  for (Verdict& verdict : judgement.recipients) {
    if (!to_do(status_of(verdict.what))) continue;
    verdict = {What::failed, "expired: could not be delivered within " + format_seconds(lifetime) +
                                 "; last: " + verdict.reply, "5.4.7"};
  }
}

void Delivery::hold(Outgoing& message, const Judgement& judgement) {
  log_verdicts(message, judgement);
  const std::string& id = message.entry.id();
  if (auto held = queue_.hold(message.entry, judgement.reply); !held) {
    log_(Event("record-failed", Severity::error).with("id", id).with("reason", held.error().text));
    return put_back(id, message.entry.envelope().time, retry_.first);
  }
  schedule_.remove(id);
}

// False when the facts are not on disk and must get there before the message is touched again: who
// has it already would get it once more with every attempt.
bool Delivery::settle(Attempt& attempt) {
  const std::string& id = attempt.message.entry.id();
  auto disposition = queue_.record(attempt.message.entry, attempt.outcomes);
  if (!disposition) {
    log_(Event("record-failed", Severity::error).with("id", id).with("reason", disposition.error().text));
    // A submitter who has changed his file meanwhile: it can never be recorded, and the next look at
    // it finds that out.
    const bool damaged = disposition.error().kind == Error::Kind::data;
    const bool nothing_happened = std::all_of(attempt.outcomes.begin(), attempt.outcomes.end(), [](const Outcome& o) {
      return o.status == RecipientStatus::to_do;
    });
    if (damaged || nothing_happened) defer(attempt);
    return damaged || nothing_happened;
  }
  if (*disposition == queue::Disposition::waiting) {
    defer(attempt);
    return true;
  }
  if (*disposition == queue::Disposition::failed) {
    log_(Event("dead-letter", Severity::warning)
             .with("id", id)
             .with("from", "<" + attempt.message.entry.envelope().reverse_path + ">"));
  }
  schedule_.remove(id);
  sync_soon();
  return true;
}

void Delivery::record_later() {
  record_timer_.start(retry_.first, [this] {
    while (!unrecorded_.empty() && settle(unrecorded_.front())) unrecorded_.pop_front();
    if (!unrecorded_.empty()) record_later();
    pump();
  });
}

std::vector<Outcome> Delivery::outcomes(const Outgoing& message, const Judgement& judgement) const {
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    const Verdict& verdict = judgement.recipients[i];
    Outcome outcome{message.recipients[i], status_of(verdict.what), verdict.reply};
    // What may have been delivered once stays so through later deferrals.
    const bool doubtful = message.entry.status(outcome.recipient) == RecipientStatus::possibly_delivered;
    if (doubtful && verdict.what == What::deferred) outcome.status = RecipientStatus::possibly_delivered;
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

void Delivery::defer(const Attempt& attempt) {
  const std::string& id = attempt.message.entry.id();
  queue::RetryInfo next = attempt.info;
  const Milliseconds delay = retry_delay(retry_, next.attempts, chance());
  next.next_try = sys::now() + delay;
  queue_.save_info(id, next);
  put_back(id, attempt.message.entry.envelope().time, delay);
}

void Delivery::put_back(const std::string& id, Time arrival, Milliseconds delay) {
  schedule_.add(id, std::min(arrival, sys::now()), sys::boot_now() + delay);
}

void Delivery::on_over(std::optional<smtp::Close::Trouble> trouble, bool used) {
  if (trouble) {
    // On a connection that has worked, trouble between messages means a new connection, no pause.
    const bool session = trouble->stage < smtp::Stage::idle || (trouble->stage <= smtp::Stage::rset && !used);
    log_(Event(trouble->server_fault ? "smart-host-broke-protocol" : "smart-host-trouble",
               session || trouble->server_fault ? Severity::warning : Severity::notice)
             .with("relay", relay_name())
             .with("stage", smtp::name_of(trouble->stage))
             .with("reason", trouble->text));
    if (session) health_.trouble(trouble->text, sys::now(), sys::boot_now(), chance());
  }
  conversation_.reset();
  finish_if_idle();
  pump();
}

void Delivery::log_verdicts(const Outgoing& message, const Judgement& judgement) {
  const mail::Envelope& envelope = message.entry.envelope();
  const auto line = [&](std::string_view name, Severity severity, std::string_view to) {
    const Milliseconds delay = sys::now() - envelope.time;
    return Event(name, severity)
        .with("id", message.entry.id())
        .with("from", "<" + envelope.reverse_path + ">")
        .with("to", "<" + std::string(to) + ">")
        .with("relay", relay_name())
        .with("tls", conversation_ && !conversation_->tls_version().empty() ? conversation_->tls_version() : "none")
        .with("delay", seconds_text(delay));
  };
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    const std::string& to = envelope.recipients[message.recipients[i]].address;
    if (judgement.held) {
      log_(line("held", Severity::warning, to).with("reply", judgement.reply));
      continue;
    }
    const Verdict& verdict = judgement.recipients[i];
    delivered_ += verdict.what == What::delivered;
    log_(line(name_of(verdict.what), severity_of(verdict.what), to)
             .with("status", verdict.status)
             .with("reply", verdict.reply));
  }
}

// The queue's removals

void Delivery::sync_soon() {
  if (queue_.unsynced() >= settings_.sync_every) return sync_now();
  if (std::exchange(syncing_soon_, true)) return;
  sync_timer_.start(kSyncWithin, [this] { sync_now(); });
}

void Delivery::sync_now() {
  syncing_soon_ = false;
  sync_timer_.cancel();
  if (queue_.unsynced() == 0) return;
  if (auto synced = queue_.sync(); !synced) {
    log_(Event("sync-failed", Severity::error).with("reason", synced.error().text));
    sync_timer_.start(retry_.first, [this] { sync_now(); });
  }
}

// The end

void Delivery::finish(Milliseconds within, std::function<void()> done) {
  finished_ = std::move(done);
  wake_timer_.cancel();
  finish_timer_.start(within, [this] {
    if (conversation_) conversation_->abandon("mailchuted is stopping");
    finish_if_idle();
  });
  if (conversation_) conversation_->quit();
  finish_if_idle();
}

void Delivery::finish_if_idle() {
  if (!finished_ || conversation_) return;
  for (Attempt& attempt : std::exchange(unrecorded_, {})) settle(attempt);
  sync_now();
  finish_timer_.cancel();
  loop_.post(finished_);
}

// Looking at it

DeliveryStatus Delivery::status() const {
  DeliveryStatus status;
  status.waiting = schedule_.size();
  status.in_flight = in_flight_.size();
  status.delivered = delivered_;
  status.smart_host = settings_.smart_host->host + ":" + std::to_string(settings_.smart_host->port);
  status.last_error = health_.last_error();
  const Instant now = sys::boot_now();
  if (health_.paused(now)) {
    status.paused_for = std::chrono::ceil<Seconds>(*health_.paused_until() - now);
  }
  status.oldest = schedule_.oldest();
  return status;
}

bool Delivery::in_flight(const std::string& id) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [&](const auto& message) { return message.second.entry.id() == id; });
}

std::optional<Time> Delivery::next_try(const std::string& id) const {
  auto due = schedule_.due(id);
  if (!due) return std::nullopt;
  if (health_.paused_until()) due = std::max(*due, *health_.paused_until());
  return sys::now() + (*due - sys::boot_now());
}

std::string Delivery::relay_name() const {
  const config::SmartHost& host = *settings_.smart_host;
  if (conversation_ && !conversation_->peer().empty()) return host.host + "[" + conversation_->peer() + "]";
  return host.host + ":" + std::to_string(host.port);
}

double Delivery::chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

}  // namespace mailchute::relay
