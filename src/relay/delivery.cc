// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/delivery.h"

#include <algorithm>
#include <utility>

#include "sys/clock.h"

namespace mailchute::relay {
namespace {

constexpr std::size_t kAdoptAtOnce = 256;  // then the loop goes on: nobody waits for a flood
constexpr Seconds kLookAgain{60};          // should a message come without an event
constexpr Seconds kLookForLate{1};         // a submitter may hold his file back for a while

// One connection carries many messages at a round trip each. Another one is worth its handshake when
// so many are due for each that is open, or when one has been due for so long, and none begun, that
// those that are open must be stuck.
constexpr std::size_t kBacklog = 8;
constexpr Milliseconds kPatience{1000};

Conversation::Options conversation_options(const config::Settings& settings, std::string_view password) {
  Conversation::Options options{settings.hostname, *settings.smart_host, std::nullopt};
  if (!settings.smart_host->user.empty()) {
    options.credentials = smtp::Credentials{settings.smart_host->user, password};
  }
  return options;
}

}  // namespace

Delivery::Delivery(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
                   const mail::Router& router, std::string_view password, net::TlsContext* tls, Log& log,
                   Board& board)
    : loop_(loop), queue_(queue), settings_(settings),
      conversation_options_(conversation_options(settings, password)),
      retry_{settings.retry.first, settings.retry.longest}, tls_(tls), log_(log), board_(board),
      health_(retry_, settings.smart_host->connections), recorder_(loop, queue, settings, *this, log),
      stock_(loop, queue, settings, router, schedule_, recorder_, *this, board, log), wake_timer_(loop),
      look_timer_(loop), finish_timer_(loop), random_(std::random_device{}()) {}

// What comes in

void Delivery::look_for_new_mail() {
  if (finishing() || std::exchange(adopting_, true)) return;
  loop_.post([this] {
    adopting_ = false;
    if (finishing()) return;
    adopt();
    pump();
  });
}

void Delivery::adopt() {
  look_timer_.start(kLookAgain, [this] { look_for_new_mail(); });
  auto adopted = queue_.adopt(kAdoptAtOnce);
  if (!adopted) return log_(Event("adopt-failed", Severity::error).with("reason", adopted.error().text));
  for (const auto& entry : *adopted) take_up(entry);
  if (!queue_.more_to_adopt()) return;
  if (!adopted->empty()) return look_for_new_mail();
  look_timer_.start(kLookForLate, [this] { look_for_new_mail(); });
}

void Delivery::take_up(const queue::Adopted& entry, std::string_view client) {
  Event queued = Event("queued").with("id", entry.id).with("uid", std::uint64_t{entry.owner});
  log_(client.empty() ? std::move(queued) : std::move(queued).with("client", client));
  // With -odq a message waits for the next queue run: somebody's wish, or the longest interval.
  const auto wait = entry.wait_for_queue_run ? retry_.longest : Milliseconds(0);
  on_put_back(entry.id, entry.time, wait, Care::none);
}

void Delivery::add(const queue::Adopted& entry, std::string_view client) {
  take_up(entry, client);
  pump();
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

// One that is just being tried may have begun too early, and is not over before its time limit.
bool Delivery::network_changed() {
  const bool hurried = schedule_.contains(health_.suspect()) && schedule_.hurry(health_.suspect(), sys::boot_now());
  if (health_.out_of_reach()) health_.forget_pause();
  else if (!hurried && !opening()) return false;
  pump();
  return schedule_.size() != 0;
}

bool Delivery::opening() const {
  return std::any_of(conversations_.begin(), conversations_.end(),
                     [](const auto& conversation) { return !conversation->established(); });
}

Result<> Delivery::release(const std::string& id) {
  if (auto released = queue_.release(id); !released) return released;
  log_(Event("released", Severity::notice).with("id", id));
  schedule_.add(id, sys::now(), sys::boot_now());
  health_.forget_pause();
  pump();
  return {};
}

// Connections

void Delivery::pump() {
  if (finishing()) return;
  for (const auto& conversation : conversations_) conversation->wake();
  while (another_wanted(sys::boot_now())) open_connection();
  wake_when_due();
}

void Delivery::pump_soon() {
  if (std::exchange(pumping_soon_, true)) return;
  loop_.post([this] {
    pumping_soon_ = false;
    pump();
  });
}

std::size_t Delivery::takeable(Instant now) {
  const std::size_t careful = careful_in_flight() ? 0 : std::min<std::size_t>(schedule_.careful_ready(now), 1);
  return schedule_.ready(now) + careful;
}

bool Delivery::another_wanted(Instant now) {
  const std::size_t open = conversations_.size();
  const std::size_t due = takeable(now);
  if (recorder_.overwhelmed() || due == 0 || open >= health_.connections(now)) return false;
  if (open == 0) return !health_.paused(now);
  const auto established = [](const auto& conversation) { return conversation->established(); };
  if (std::none_of(conversations_.begin(), conversations_.end(), established)) return false;  // not yet
  if (due > open * kBacklog) return true;
  return !opening() && stuck_at() <= now;
}

Instant Delivery::stuck_at() const { return std::max(*schedule_.next_due(), last_begun_) + kPatience; }

void Delivery::open_connection() {
  last_begun_ = sys::boot_now();
  conversations_.push_back(std::make_unique<Conversation>(loop_, conversation_options_, tls_,
                                                          static_cast<ConversationUser&>(*this)));
}

void Delivery::wake_when_due() {
  auto due = schedule_.next_due();
  if (!due) return wake_timer_.cancel();
  const Instant now = sys::boot_now();
  due = std::max(*due, health_.paused_until().value_or(*due));
  if (!conversations_.empty() && *due <= now) {
    if (conversations_.size() >= health_.connections(now)) return wake_timer_.cancel();
    due = stuck_at() > now ? stuck_at() : now + kPatience;
  }
  wake_timer_.start(std::max(*due - now, Milliseconds(0)), [this] { pump(); });
}

// What goes out

bool Delivery::probing() const {
  return std::any_of(in_flight_.begin(), in_flight_.end(), [](const auto& sent) { return sent.second.probe; });
}

bool Delivery::careful_in_flight() const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [](const auto& sent) { return sent.second.care == Care::needed; });
}

// A message that needs care, and one that tries a smart host that is in doubt, has its connection to
// itself.
bool Delivery::may_begin(const Conversation& conversation) const {
  if (finishing() || recorder_.overwhelmed() || health_.paused(sys::boot_now())) return false;
  if (health_.on_probation()) return !conversation.in_flight() && !probing();
  return std::none_of(in_flight_.begin(), in_flight_.end(), [&](const auto& sent) {
    return sent.second.conversation == &conversation && sent.second.care == Care::needed;
  });
}

std::optional<smtp::Transaction> Delivery::next_transaction(const Conversation& conversation) {
  if (!may_begin(conversation)) return std::nullopt;
  auto message = load_next(conversation, conversation.in_flight() || careful_in_flight());
  if (!message) {
    wake_when_due();
    return std::nullopt;
  }
  const smtp::TransactionId id = ++last_id_;
  last_begun_ = sys::boot_now();
  board_.take(message->entry.id());
  const Care care = schedule_.care(message->entry.id());
  auto& sent = in_flight_.emplace(id, InFlight{std::move(*message), &conversation, care, health_.on_probation()})
                   .first->second;
  return sent.message.transaction(id);
}

// A probe is a message that nothing is known against, if there is one.
std::optional<std::string> Delivery::choose(bool plain_only) {
  const Instant now = sys::boot_now();
  if (plain_only) return schedule_.take(now);
  const std::string& suspect = health_.suspect();
  if (!health_.on_probation() && schedule_.careful_is_first(now)) return schedule_.take_careful(now);
  if (auto plain = schedule_.take(now)) return plain;
  if (auto careful = schedule_.take_careful(now, suspect)) return careful;
  return schedule_.take_careful(now);
}

std::optional<Outgoing> Delivery::load_next(const Conversation& conversation, bool plain_only) {
  while (auto id = choose(plain_only)) {
    const Board::Touch touch(board_, *id);
    auto message = stock_.load(*id, conversation.extensions());
    if (!message) continue;
    if (!message->held.empty()) {
      Judgement judgement;
      judgement.held = true;
      judgement.reply = message->held;
      recorder_.record(std::move(*message), std::move(judgement), {});
    } else if (message->recipients.empty()) {  // nobody is left for the smart host
      recorder_.record(std::move(*message), {}, {});
    } else if (message->alone && schedule_.care(*id) == Care::none) {
      on_put_back(*id, message->entry.envelope().time, Milliseconds(0), Care::needed);
    } else {
      return message;
    }
  }
  return std::nullopt;
}

const Outgoing& Delivery::message_of(smtp::TransactionId id) { return in_flight_.at(id).message; }

void Delivery::on_final_dot(smtp::TransactionId id) { board_.sent(message_of(id).entry.id()); }

// What was said

void Delivery::on_report(const Conversation& conversation, smtp::TransactionReport report) {
  auto node = in_flight_.extract(report.id);
  InFlight& sent = node.mapped();
  const Board::Touch touch(board_, sent.message.entry.id());
  const std::string& id = sent.message.entry.id();
  const Sent about{id, sent.message.reverse_path, sent.message.addresses, sent.probe};
  Judgement judgement = judge(report, health_.blames(about, sys::boot_now()));
  for (const std::string& other : health_.judged(about, judgement, moment())) schedule_.hurry(other, sys::boot_now());
  if (judgement.host == Judgement::Host::refuses) {
    log_(Event("smart-host-trouble", Severity::warning)
             .with("relay", conversation.relay_name())
             .with("stage", smtp::name_of(report.stage))
             .with("reason", judgement.reply));
  }
  if (judgement.untouched) {
    on_put_back(id, sent.message.entry.envelope().time, Milliseconds(0),
                judgement.alone ? Care::needed : sent.care);
  } else {
    for (const Verdict& verdict : judgement.recipients) delivered_ += verdict.what == Verdict::What::delivered;
    recorder_.record(std::move(sent.message), std::move(judgement),
                     conversation.via());
  }
  pump_soon();
  finish_if_idle();
}

void Delivery::on_put_back(const std::string& id, Time arrival, Milliseconds delay, Care care) {
  schedule_.add(id, std::min(arrival, sys::now()), sys::boot_now() + delay, care);
  board_.drop(id);
}

void Delivery::on_gone(const std::string& id) {
  schedule_.remove(id);
  health_.forget(id);
  board_.drop(id);
}

void Delivery::on_over(const Conversation& conversation, std::optional<smtp::Close::Trouble> trouble,
                       bool used) {
  if (trouble) judge_end(conversation, *trouble, used);
  conversations_.remove_if([&](const auto& other) { return other.get() == &conversation; });
  finish_if_idle();
  pump();
}

void Delivery::judge_end(const Conversation& conversation, const smtp::Close::Trouble& trouble, bool used) {
  // On a connection that has worked, trouble between messages means a new connection, no pause.
  const bool session =
      trouble.stage < smtp::Stage::idle || (trouble.stage <= smtp::Stage::rset && !used);
  // Others that are still being opened count, too: when they fail as well, the last one is alone.
  const auto others = static_cast<unsigned>(conversations_.size()) - 1;
  const bool grave = trouble.server_fault || (session && others == 0);
  log_(Event(trouble.server_fault ? "smart-host-broke-protocol" : "smart-host-trouble",
             grave ? Severity::warning : Severity::notice)
           .with("relay", conversation.relay_name())
           .with("stage", smtp::name_of(trouble.stage))
           .with("reason", trouble.text));
  if (!session) return;
  if (others > 0) return health_.crowded(others, sys::boot_now());
  health_.trouble(cause_of(trouble), trouble.text, moment());
}

// The end

void Delivery::finish(std::optional<Milliseconds> within, std::function<void()> done) {
  finished_ = std::move(done);
  wake_timer_.cancel();
  look_timer_.cancel();
  if (within) {
    finish_timer_.start(*within, [this] {
      for (const auto& conversation : conversations_) conversation->abandon("mailchuted is stopping");
      finish_if_idle();
    });
  }
  for (const auto& conversation : conversations_) conversation->quit();
  finish_if_idle();
}

void Delivery::finish_if_idle() {
  if (!finishing() || !conversations_.empty()) return;
  recorder_.finish();
  finish_timer_.cancel();
  loop_.post(finished_);
}

// Looking at it

DeliveryStatus Delivery::status() const {
  DeliveryStatus status;
  status.waiting = schedule_.size();
  status.in_flight = in_flight_.size();
  status.connections = conversations_.size();
  status.delivered = delivered_;
  status.smart_host = settings_.smart_host->host + ":" + std::to_string(settings_.smart_host->port);
  status.last_error = health_.last_error();
  status.trouble_since = health_.since();
  const Instant now = sys::boot_now();
  if (health_.paused(now)) {
    status.paused_for = std::chrono::ceil<Seconds>(*health_.paused_until() - now);
    status.paused_until = sys::now() + (*health_.paused_until() - now);
  }
  status.oldest = schedule_.oldest();
  return status;
}

bool Delivery::in_flight(const std::string& id) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [&](const auto& sent) { return sent.second.message.entry.id() == id; });
}

std::optional<Time> Delivery::next_try(const std::string& id) const {
  auto due = schedule_.due(id);
  if (!due) return std::nullopt;
  if (health_.paused_until()) due = std::max(*due, *health_.paused_until());
  return sys::now() + (*due - sys::boot_now());
}

Moment Delivery::moment() {
  return {sys::now(), sys::boot_now(), std::uniform_real_distribution<double>(0, 1)(random_)};
}

}  // namespace mailchute::relay
