// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/delivery.h"

#include <algorithm>
#include <utility>

#include "relay/portion.h"
#include "sys/clock.h"
#include "sys/identity.h"

namespace mailchute::relay {
namespace {

constexpr std::size_t kAdoptAtOnce = 256;  // then the loop goes on: nobody waits for a flood
constexpr Seconds kLookAgain{60};          // should a message come without an event
constexpr Seconds kLookForLate{1};         // a submitter may hold his file back for a while

std::vector<Dispatch::Host> dispatch_hosts(const config::Settings& settings) {
  std::vector<Dispatch::Host> hosts;
  for (const auto& host : settings.smart_hosts) {
    hosts.push_back({host.priority, host.weight, host.connections, host.messages_per_minute});
  }
  return hosts;
}

Conversation::Options conversation_options(const config::Settings& settings,
                                           const config::SmartHost& host,
                                           std::string_view password) {
  Conversation::Options options{settings.hostname, host, std::nullopt};
  if (!host.user.empty()) options.credentials = smtp::Credentials{host.user, password};
  return options;
}

Concerned concerned(const config::Users& users, std::string_view setting, Log& log) {
  std::vector<std::string> unknown;
  Concerned concerned(users, sys::uid_of, unknown);
  for (const std::string& name : unknown) {
    log(Event("unknown-user", Severity::warning).with("user", name).with("setting", setting));
  }
  return concerned;
}

}  // namespace

Delivery::Delivery(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
                   const mail::Router& router, std::span<const Access> access, Log& log,
                   Board& board)
    : loop_(loop),
      queue_(queue),
      settings_(settings),
      routes_(settings),
      retry_{settings.retry.first, settings.retry.longest},
      log_(log),
      board_(board),
      submitters_(settings.storms, concerned(settings.storms.limits, "storms.limits", log),
                  queue.daemon()),
      digester_(queue, settings, concerned(settings.storms.digests, "storms.digests", log),
                submitters_, *this, log),
      dispatch_(dispatch_hosts(settings), routes_.hosts(), retry_, &submitters_),
      recorder_(loop, queue, settings, *this, log),
      administration_(queue, settings, *this, recorder_, *this, log),
      stock_(loop, queue, settings, router, routes_, submitters_, digester_, dispatch_, recorder_,
             *this, board, log),
      wake_timer_(loop),
      look_timer_(loop),
      finish_timer_(loop),
      random_(std::random_device{}()) {
  for (std::size_t i = 0; i < settings.smart_hosts.size(); ++i) {
    hosts_.push_back({conversation_options(settings, settings.smart_hosts[i], access[i].password),
                      access[i].tls});
  }
}

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
  if (!adopted)
    return log_(Event("adopt-failed", Severity::error).with("reason", adopted.error().text));
  for (const auto& entry : *adopted) take_up(entry);
  if (!queue_.more_to_adopt()) return;
  if (!adopted->empty()) return look_for_new_mail();
  look_timer_.start(kLookForLate, [this] { look_for_new_mail(); });
}

void Delivery::take_up(const queue::Adopted& entry, std::string_view client) {
  Event queued = Event("queued").with("id", entry.id).with("uid", std::uint64_t{entry.owner});
  log_(client.empty() ? std::move(queued) : std::move(queued).with("client", client));
  submitters_.came(entry.id, entry.owner, entry.octets);
  // With -odq a message waits for the next queue run: somebody's wish, or the longest interval.
  const auto wait = entry.wait_for_queue_run ? retry_.longest : Milliseconds(0);
  on_put_back(entry.id, entry.time, wait, Care::none);
}

void Delivery::add(const queue::Adopted& entry, std::string_view client) {
  take_up(entry, client);
  pump();
}

void Delivery::forget_pauses() {
  for (std::size_t host = 0; host < hosts_.size(); ++host) dispatch_.health(host).forget_pause();
}

std::size_t Delivery::retry_all() {
  forget_pauses();
  digester_.hurry_all();
  const std::size_t count = dispatch_.hurry(sys::boot_now());
  pump();
  return count;
}

bool Delivery::retry(const std::string& id) {
  if (dispatch_.contains(id)) digester_.hurry(id);
  const bool known = dispatch_.hurry(digester_.carrier(id), sys::boot_now());
  if (known) forget_pauses();
  pump();
  return known;
}

// A connection that is just being opened may have begun too early, and is not over before its time
// limit.
bool Delivery::network_changed() {
  bool concerned = false;
  const auto all = loads();
  for (std::size_t host = 0; host < hosts_.size(); ++host) {
    Health& health = dispatch_.health(host);
    concerned |= dispatch_.hurry(health.suspect(), sys::boot_now());
    concerned |= health.out_of_reach() || all[host].established < all[host].open;
    if (health.out_of_reach()) health.forget_pause();
    for (const auto& conversation : hosts_[host].conversations) conversation->network_changed();
  }
  if (!concerned) return false;
  pump();
  return dispatch_.size() != 0;
}

// What goes out

// A message that needs care, and one that tries a smart host that is in doubt, has its connection
// to itself.
bool Delivery::may_begin(std::size_t host, const Conversation& conversation) const {
  if (finishing() || recorder_.overwhelmed()) return false;
  if (dispatch_.health(host).on_probation())
    return !conversation.in_flight() && !in_flight_.probe(host);
  return !in_flight_.careful(conversation);
}

std::optional<smtp::Transaction> Delivery::next_transaction(const Conversation& conversation) {
  const std::size_t host = host_of(conversation);
  if (!may_begin(host, conversation)) return std::nullopt;
  auto message =
      load_next(host, conversation, conversation.in_flight() || in_flight_.careful(host));
  if (!message) {
    wake_when_due();
    return std::nullopt;
  }
  dispatch_.begun(host, sys::boot_now());
  board_.take(message->entry.id());
  submitters_.begun(message->entry.id(), sys::boot_now());
  const Care care = dispatch_.care(message->entry.id());
  const bool probe = dispatch_.health(host).on_probation();
  return in_flight_.begin({std::move(*message), host, &conversation, care, probe});
}

// The least of those limits that there are; 0: none.
std::size_t Delivery::most_recipients(std::size_t host, const smtp::Extensions& offered) const {
  std::size_t most = 0;
  const std::size_t set = hosts_[host].options.smart_host.recipients_per_message;
  const std::size_t learned = hosts_[host].learned.recipients(sys::boot_now());
  for (const std::size_t limit : {set, learned, std::size_t{offered.recipients}}) {
    if (limit != 0) most = most == 0 ? limit : std::min(most, limit);
  }
  return most;
}

std::optional<Outgoing> Delivery::load_next(std::size_t host, const Conversation& conversation,
                                            bool plain_only) {
  const smtp::Extensions& offered = conversation.extensions();
  while (auto taken = dispatch_.take(host, sys::boot_now(), plain_only)) {
    const Board::Touch touch(board_, taken->id);
    auto message = stock_.load(*taken, host, most_recipients(host, offered), offered,
                               hosts_[host].learned.without(taken->id, sys::boot_now()));
    if (!message) continue;
    if (!message->held.empty()) {
      Judgement judgement;
      judgement.held = true;
      judgement.reply = message->held;
      recorder_.record(std::move(*message), std::move(judgement), {});
    } else if (message->recipients.empty()) {  // nobody is left for the smart host
      recorder_.record(std::move(*message), {}, {});
    } else if (message->alone && taken->care == Care::none) {
      on_put_back(taken->id, message->entry.envelope().time, Milliseconds(0), Care::needed);
    } else {
      return message;
    }
  }
  return std::nullopt;
}

const Outgoing& Delivery::message_of(smtp::TransactionId id) { return in_flight_.message(id); }

void Delivery::on_final_dot(smtp::TransactionId id) { board_.sent(message_of(id).entry.id()); }

// What was said

bool Delivery::on_report(const Conversation& conversation, smtp::TransactionReport report) {
  InFlight::Sent sent = in_flight_.end(report.id);
  const std::string& id = sent.message.entry.id();
  const Board::Touch touch(board_, id);
  dispatch_.ended(sent.host, report.stage > smtp::Stage::rset && !report.local, sys::boot_now());
  Judgement judgement;
  if (sent_again(sent, conversation, report)) {
    judgement.untouched = true;
  } else {
    const auto taken = leave_out_excess(sent.message, report);
    if (taken != 0) hosts_[sent.host].learned.took(taken, sys::boot_now());
    judgement = judge_sent(sent, report);
  }
  const bool paused = judgement.host == Judgement::Host::refuses;
  const bool leave = judgement.leave;
  const bool had_enough = judgement.host == Judgement::Host::had_enough && leave;
  if (paused || had_enough) {  // what ends by itself tells so in judge_end()
    log_(Event("smart-host-trouble", paused ? Severity::warning : Severity::notice)
             .with("relay", conversation.relay_name())
             .with("stage", smtp::name_of(report.stage))
             .with("reason", judgement.reply));
  }
  if (judgement.untouched) {
    on_put_back(id, sent.message.entry.envelope().time, Milliseconds(0),
                judgement.alone ? Care::needed : sent.care);
  } else {
    bool again = false;
    for (const Verdict& verdict : judgement.recipients) {
      again |= verdict.what == Verdict::What::deferred ||
               verdict.what == Verdict::What::possibly_delivered;
    }
    dispatch_.outcome(id, sent.message.envelope_addresses(), again,
                      sent.message.more && !judgement.alone && goes_on(report));
    Via via = conversation.via();
    via.dsn = via.dsn && sent.message.without.count(smtp::Capability::dsn) == 0;
    recorder_.record(std::move(sent.message), std::move(judgement), via);
  }
  pump_soon();
  finish_if_idle();
  return !leave;
}

// To all of its recipients, for a capability that the smart host may not keep; if only to some,
// these are left out.
bool Delivery::sent_again(InFlight::Sent& sent, const Conversation& conversation,
                          smtp::TransactionReport& report) {
  const auto found = hosts_[sent.host].learned.reported(
      sent.message.entry.id(), sent.message.addresses, report, sys::boot_now());
  for (const smtp::Capability capability : found.broken) {
    log_(Event("capability-broken", Severity::notice)
             .with("relay", conversation.relay_name())
             .with("capability", smtp::name_of(capability))
             .with("reply", found.reply.empty() ? "none, the connection ended" : found.reply));
  }
  if (!found.again.empty() && found.again.size() == sent.message.recipients.size()) return true;
  if (!found.again.empty()) leave_out(sent.message, report, found.again);
  return false;
}

Judgement Delivery::judge_sent(const InFlight::Sent& sent, const smtp::TransactionReport& report) {
  const Outgoing& message = sent.message;
  const Sent about{message.entry.id(), message.reverse_path, message.addresses, sent.probe};
  Health& health = dispatch_.health(sent.host);
  const Instant now = sys::boot_now();
  Judgement judgement = judge(report, health.blames(about, now));
  for (const std::string& other : health.judged(about, judgement, moment()))
    dispatch_.hurry(other, now);
  return judgement;
}

unsigned Delivery::attempts(const std::string& id, unsigned in_all) const {
  return dispatch_.taken(id) ? dispatch_.attempts(id, in_all) : in_all;
}

void Delivery::on_put_back(const std::string& id, Time arrival, Milliseconds delay, Care care) {
  recorder_.ages().know(id, arrival, sys::now(), sys::boot_now());
  const Instant now = sys::boot_now();
  if (dispatch_.taken(id)) dispatch_.put_back(id, now + delay, care, now);
  else dispatch_.add(id, std::min(arrival, sys::now()), now + delay, care, stock_.routes_of(id));
  board_.drop(id);
  administration_.freed(id);
}

void Delivery::on_gone(const std::string& id) {
  dispatch_.remove(id);
  for (std::size_t host = 0; host < hosts_.size(); ++host) {
    dispatch_.health(host).forget(id);
    hosts_[host].learned.forget(id);
  }
  recorder_.ages().forget(id);
  submitters_.gone(id);
  digester_.gone(id);
  board_.drop(id);
  administration_.freed(id);
}

Sight::Standing Delivery::standing(const std::string& id) const {
  if (!dispatch_.contains(id)) return Standing::unknown;
  return dispatch_.taken(id) ? Standing::taken : Standing::waiting;
}

// The end

void Delivery::finish(std::optional<Milliseconds> within, std::function<void()> done) {
  finished_ = std::move(done);
  wake_timer_.cancel();
  look_timer_.cancel();
  if (within) {
    finish_timer_.start(*within, [this] {
      for (const Host& host : hosts_) {
        for (const auto& conversation : host.conversations)
          conversation->abandon("mailchuted is stopping");
      }
      finish_if_idle();
    });
  }
  for (const Host& host : hosts_) {
    for (const auto& conversation : host.conversations) conversation->quit();
  }
  finish_if_idle();
}

void Delivery::finish_if_idle() {
  if (!finishing() || connections() != 0) return;
  recorder_.finish();
  finish_timer_.cancel();
  loop_.post(finished_);
}

Moment Delivery::moment() {
  return {sys::now(), sys::boot_now(), std::uniform_real_distribution<double>(0, 1)(random_)};
}

}  // namespace mailchute::relay
