// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/administration.h"

#include <algorithm>
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

Care care_for(const queue::Listed& entry) {
  const bool doubtful = std::any_of(entry.recipients.begin(), entry.recipients.end(), [](const auto& recipient) {
    return recipient.status == queue::RecipientStatus::possibly_delivered;
  });
  return doubtful ? Care::needed : Care::none;
}

}  // namespace

const char* name_of(Act::Verb verb) { return kNames[static_cast<std::size_t>(verb)]; }

std::optional<Act::Verb> parse_verb(std::string_view name) {
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Act::Verb>(found - std::begin(kNames));
}

Administration::Administration(queue::Queue& queue, const config::Settings& settings, StandingOf standing,
                               Recorder& recorder, RecorderUser& user, Log& log)
    : queue_(queue), settings_(settings), standing_(std::move(standing)), recorder_(recorder), user_(user), log_(log) {}

Administration::Outcome Administration::act(const Act& act, const std::string& id) {
  if (!view_) {
    auto view = queue::View::open(settings_.queue_directory);
    if (!view) return refused(view.error().text);
    view_ = std::move(*view);
  }
  const auto entry = view_->find(id);
  if (!entry) return refused("there is no such entry in the queue");
  if (entry->place == Place::incoming) return refused("mailchuted has not taken it up yet; try again in a moment");
  if (entry->place == Place::waiting) {
    const Standing standing = standing_(id);
    if (standing == Standing::unknown) return refused("mailchuted is at work on it; try again in a moment");
    if (act.verb == Act::Verb::release) return refused("it is neither held nor failed");
    if (standing == Standing::taken) {
      later_.insert_or_assign(id, act);
      return {What::later, "it is being sent; what is left of it after that"};
    }
    if (!entry->notification.empty() && !settled(id)) return refused("its sender must first be told of a failure");
  }
  return perform(act, *entry);
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
  if (auto aside = queue_.set_aside(entry.id, reason); !aside) return aside;
  user_.on_gone(entry.id);
  return {};
}

Result<> Administration::release(const Act& act, const queue::Listed& entry) {
  if (auto released = queue_.release(entry.id, act.changes); !released) return released;
  released_.push_back(entry);
  return {};
}

// Should the notification not be queued for now, it is owed, and queued before anything else happens to the
// message.
Result<> Administration::bounce(const Act& act, const queue::Listed& entry) {
  if (auto given_up = queue_.give_up(entry.id, reply_by_hand(act.reason)); !given_up) return given_up;
  auto owing = queue_.load(entry.id);
  if (owing) recorder_.settle_owed(*owing);
  else user_.on_put_back(entry.id, entry.time, settings_.retry.first, Care::none);
  return {};
}

Result<> Administration::remove(const queue::Listed& entry) {
  if (auto discarded = queue_.discard(entry.id); !discarded) return discarded;
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
  const auto wish = later_.extract(id);
  if (wish.empty()) return;
  const auto outcome = act(wish.mapped(), id);
  const auto synced = make_durable();
  if (outcome.what == What::done && synced) return;
  log_(Event("not-done", Severity::notice)
           .with("id", id)
           .with("what", name_of(wish.mapped().verb))
           .with("by", std::uint64_t{wish.mapped().by})
           .with("reason", synced ? outcome.text : synced.error().text));
}

}  // namespace mailchute::relay
