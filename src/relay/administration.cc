// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/administration.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "relay/by_hand.h"
#include "sys/clock.h"

namespace mailchute::relay {
namespace {

using queue::Place;
using What = Administration::Outcome::What;

constexpr const char* kNames[] = {"hold", "release", "bounce", "remove"};
constexpr const char* kEvents[] = {"held", "released", "given-up", "removed"};

Administration::Outcome refused(std::string why) { return {What::refused, std::move(why)}; }

Result<> no(const char* why) { return failure(Error::Kind::rejected, why); }

bool has_any(const queue::Listed& entry, std::initializer_list<queue::RecipientStatus> wanted) {
  return std::any_of(entry.recipients.begin(), entry.recipients.end(), [&](const auto& recipient) {
    return std::find(wanted.begin(), wanted.end(), recipient.status) != wanted.end();
  });
}

Care care_for(const queue::Listed& entry) {
  return has_any(entry, {queue::RecipientStatus::possibly_delivered}) ? Care::needed : Care::none;
}

bool somebody_got(const queue::Listed& entry) {
  return has_any(entry, {queue::RecipientStatus::done, queue::RecipientStatus::relayed});
}

constexpr const char* kAtWork = "mailchuted is at work on it; try again in a moment";
constexpr const char* kUnknown = "there is no such entry in the queue";

}  // namespace

const char* name_of(Act::Verb verb) { return kNames[static_cast<std::size_t>(verb)]; }

std::optional<Act::Verb> parse_verb(std::string_view name) {
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Act::Verb>(found - std::begin(kNames));
}

Administration::Administration(queue::Queue& queue, const config::Settings& settings, Sight& sight,
                               Recorder& recorder, RecorderUser& user, Log& log)
    : queue_(queue),
      settings_(settings),
      sight_(sight),
      recorder_(recorder),
      user_(user),
      log_(log) {}

Administration::Outcome Administration::act(const Act& act, const std::string& id, Then then) {
  if (auto looked = look(); !looked) return refused(looked.error().text);
  Wish wish{act, id, std::move(then)};
  return consider(wish);
}

Result<> Administration::look() {
  if (view_) return {};
  auto view = queue::View::open(settings_.queue_directory);
  if (!view) return failure(view.error());
  view_ = std::move(*view);
  return {};
}

Administration::Outcome Administration::consider(Wish& wish) {
  const auto entry = view_->find(wish.id);
  if (!entry && dissolved_.erase(wish.id) != 0) {
    return {What::done, "it was a digest, and left when something was done to its messages"};
  }
  if (!entry) return refused(kUnknown);
  if (entry->place == Place::incoming)
    return refused("mailchuted has not taken it up yet; try again in a moment");
  if (entry->place == Place::waiting) {
    const auto standing = sight_.standing(wish.id);
    if (standing == Sight::Standing::unknown) return refused(kAtWork);
    if (wish.act.verb == Act::Verb::release) return refused("it is neither held nor failed");
    if (standing == Sight::Standing::taken) return wait(wish.id, wish);
    if (!entry->notification.empty() && !settled(wish.id))
      return refused("its sender must first be told of a failure");
  }
  const std::string digest = sight_.carrier(wish.id);
  if (digest != wish.id && wish.act.verb != Act::Verb::release) {
    if (auto not_now = leave_digest(digest, wish)) return *std::move(not_now);
  }
  return perform(wish.act, *entry);
}

Administration::Outcome Administration::wait(const std::string& busy, Wish& wish) {
  later_.emplace(busy, std::move(wish));
  return {
      What::later,
      "it is still being sent; what is left of it after that, unless mailchuted is stopped before"};
}

// Nothing: the message is on its own.
std::optional<Administration::Outcome> Administration::leave_digest(const std::string& digest,
                                                                    Wish& wish) {
  if (auto looked = look(); !looked) return refused(looked.error().text);
  const auto entry = view_->find(digest);
  if (!entry) return std::nullopt;
  const bool waits = entry->place == Place::waiting;
  const auto standing = waits ? sight_.standing(digest) : Sight::Standing::waiting;
  if (standing == Sight::Standing::unknown) return refused(kAtWork);
  if (standing == Sight::Standing::taken) return wait(digest, wish);
  if (somebody_got(*entry))
    return refused("some of its recipients have got it in digest " + digest);
  const Act removal{Act::Verb::remove, wish.act.by, "for " + wish.id};
  if (auto outcome = perform(removal, *entry); outcome.what != What::done) return outcome;
  dissolved_.insert(digest);
  return std::nullopt;
}

// False: it has gone, or cannot be settled for now.
bool Administration::settled(const std::string& id) {
  auto entry = queue_.load(id);
  return entry && recorder_.settle_owed(*entry) && entry->owed().empty();
}

Administration::Outcome Administration::perform(const Act& act, const queue::Listed& entry) {
  const auto done = [&] {
    switch (act.verb) {
      case Act::Verb::hold: return hold(act, entry);
      case Act::Verb::release: return release(act, entry);
      case Act::Verb::bounce: return bounce(act, entry);
      case Act::Verb::remove: return remove(entry);
    }
    return no("no such act");
  }();
  if (!done) return refused(done.error().text);
  log(act, entry);
  return {What::done};
}

Result<> Administration::hold(const Act& act, const queue::Listed& entry) {
  if (entry.place == Place::held) return no("it is held already");
  if (entry.place == Place::failed) return no("it is a dead letter, and not sent anyway");
  const std::string reason = act.reason.empty() ? "held by an administrator" : act.reason;
  if (auto aside = queue_.set_aside(entry.id, reason, queue::Queue::By::hand); !aside) return aside;
  user_.on_gone(entry.id);
  return {};
}

Result<> Administration::release(const Act& act, const queue::Listed& entry) {
  if (auto released = queue_.release(entry.id, act.changes); !released) return released;
  released_.push_back(entry);
  return {};
}

// Should the notification not be queued for now, it is owed, and queued before anything else
// happens to the message.
Result<> Administration::bounce(const Act& act, const queue::Listed& entry) {
  if (auto given_up = queue_.give_up(entry.id, reply_by_hand(act.reason)); !given_up)
    return given_up;
  auto owing = queue_.load(entry.id);
  if (owing) recorder_.settle_owed(*owing);
  else user_.on_put_back(entry.id, entry.time, settings_.retry.first, Care::none);
  return {};
}

Result<> Administration::remove(const queue::Listed& entry) {
  if (!entry.digest_of.empty()) return remove_digest(entry);
  if (auto discarded = queue_.discard(entry.id); !discarded) return discarded;
  user_.on_gone(entry.id);
  return {};
}

// One that somebody has got takes its originals along, as if nobody else had been able to get it.
// Where nobody has, they are on their own when it cannot come back, whatever happens.
Result<> Administration::remove_digest(const queue::Listed& entry) {
  const bool with_originals = somebody_got(entry);
  for (const std::string& original :
       with_originals ? entry.digest_of : std::vector<std::string>()) {
    const auto discarded = queue_.discard(original);
    if (!discarded && discarded.error().kind != Error::Kind::unavailable) return discarded;
    user_.on_gone(original);
  }
  auto done = with_originals ? queue_.sync() : Result<>();
  if (done) done = queue_.discard(entry.id);
  if (done && !with_originals) done = queue_.sync();
  if (!done) return done;
  if (!with_originals) sight_.dissolve(entry.id);
  user_.on_gone(entry.id);
  return {};
}

void Administration::log(const Act& act, const queue::Listed& entry) {
  const std::string first = entry.recipients.empty() ? std::string() : entry.recipients[0].address;
  Event event = Event(kEvents[static_cast<std::size_t>(act.verb)], Severity::notice)
                    .with("id", entry.id)
                    .with("by", std::uint64_t{act.by})
                    .with("from", "<" + entry.sender + ">")
                    .with("to", "<" + first + ">")
                    .with("recipients", entry.recipients.size());
  log_(act.reason.empty() ? std::move(event) : std::move(event).with("reason", act.reason));
}

Result<> Administration::commit() {
  auto synced = make_durable();
  user_.on_relief();
  return synced;
}

Result<> Administration::make_durable() {
  view_.reset();
  auto synced = queue_.sync();
  const Time now = sys::now();
  for (const queue::Listed& entry : std::exchange(released_, {})) {
    user_.on_put_back(entry.id, std::min(entry.time, now), Milliseconds(0), care_for(entry));
  }
  return synced;
}

void Administration::freed(const std::string& id) {
  std::vector<Wish> wishes;
  while (auto wish = later_.extract(id)) wishes.push_back(std::move(wish.mapped()));
  for (Wish& wish : wishes) fulfil(wish);
}

void Administration::fulfil(Wish& wish) {
  const Then then = wish.then;
  auto outcome = act(wish.act, wish.id, std::move(wish.then));
  if (outcome.what == What::later) return;
  const auto synced = make_durable();
  if (!synced) outcome = refused(synced.error().text);
  if (outcome.text == kUnknown) outcome.text = "it has left the queue meanwhile; the log says how";
  if (outcome.what != What::done) {
    log_(Event("not-done", Severity::notice)
             .with("id", wish.id)
             .with("what", name_of(wish.act.verb))
             .with("by", std::uint64_t{wish.act.by})
             .with("reason", outcome.text));
  }
  if (then) then(outcome);
}

}  // namespace mailchute::relay
