// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/stock.h"

#include <algorithm>
#include <utility>

#include "config/sender_policy.h"
#include "queue/view.h"
#include "relay/fitting.h"
#include "relay/portion.h"
#include "sys/clock.h"

namespace mailchute::relay {
namespace {

using queue::RecipientStatus;

// By entries in cur/: elsewhere none is made any more.
std::set<std::string> notifications_owed(const std::map<std::string, queue::Listed>& entries) {
  std::set<std::string> ids;
  for (const auto& [id, entry] : entries) ids.insert(entry.notification);
  return ids;
}

bool is_possibly_delivered(const queue::Listed& entry) {
  return std::any_of(entry.recipients.begin(), entry.recipients.end(), [](const auto& recipient) {
    return recipient.status == RecipientStatus::possibly_delivered;
  });
}

}  // namespace

Stock::Stock(net::EventLoop& loop, queue::Queue& queue, const config::Settings& settings,
             const mail::Router& router, const config::SmartHostRoutes& routes,
             Submitters& submitters, Digester& digester, Dispatch& dispatch, Recorder& recorder,
             RecorderUser& user, Board& board, Log& log)
    : queue_(queue),
      settings_(settings),
      router_(router),
      routes_(routes),
      retry_{settings.retry.first, settings.retry.longest},
      submitters_(submitters),
      digester_(digester),
      dispatch_(dispatch),
      recorder_(recorder),
      user_(user),
      board_(board),
      log_(log),
      timer_(loop) {
  for (const auto& host : settings.smart_hosts)
    sender_policies_.push_back(config::sender_policy(settings, host));
}

Result<> Stock::take_over(const Inheritance& inheritance) {
  for (const auto& [id, deaths] : inheritance.deadly) set_aside(id, deaths);
  elsewhere_ = inheritance.elsewhere;
  doubtful_ = inheritance.possibly_delivered;
  return load_unknown();
}

// All that can be read. One whose head kills is named on the board, and then left alone.
Stock::Entries Stock::read_heads(const queue::View& view, queue::Place place,
                                 const std::vector<std::string>& ids) {
  Entries entries;
  for (const std::string& id : ids) {
    if (deadly_.count(id) != 0) continue;
    const Board::Touch touch(board_, id);
    if (auto entry = view.read(id, place)) entries.emplace(id, std::move(*entry));
  }
  return entries;
}

// What is in cur/ and not in the schedule.
Result<> Stock::load_unknown() {
  const auto view = queue::View::open(settings_.queue_directory);
  if (!view) return failure(view.error());
  const auto ids = queue_.ids();
  if (!ids) return failure(ids.error());
  const Entries entries = read_heads(*view, queue::Place::waiting, *ids);
  recorder_.bouncer().withhold(notifications_owed(entries));
  look_for_digests(*view, entries);
  for (const std::string& id : *ids) {
    if (elsewhere_.count(id) != 0 || dispatch_.contains(id) || recorder_.bouncer().withholds(id))
      continue;
    const auto found = entries.find(id);
    make_known(id, found == entries.end() ? nullptr : &found->second);
  }
  doubtful_.clear();
  user_.on_relief();
  return {};
}

// They stand for their originals, also those that are held.
void Stock::look_for_digests(const queue::View& view, const Entries& waiting) {
  std::vector<std::string> ids;
  if (auto names = view.names(queue::Place::held)) {
    for (auto id = names->next(); !id.empty(); id = names->next()) ids.push_back(std::move(id));
  }
  const Entries held = read_heads(view, queue::Place::held, ids);
  for (const Entries* entries : {&waiting, &held}) {
    for (const auto& [id, entry] : *entries) {
      if (!entry.digest_of.empty()) digester_.found_digest(id, entry.digest_of, entry.time);
    }
  }
}

// Without an entry: it could not be read just now.
void Stock::make_known(const std::string& id, const queue::Listed* entry) {
  const bool doubtful = doubtful_.count(id) != 0;
  if (doubtful && !mark_possibly_delivered(id)) return;
  if (entry != nullptr) submitters_.came(id, entry->uid, entry->size);
  if (entry == nullptr) return schedule(id, sys::now(), {}, doubtful ? Care::needed : Care::none);
  if (!entry->notification.empty() && !settle_owed(id)) return;
  queue::RetryInfo info = entry->info;
  digester_.found(id, entry->time, info);
  schedule(id, entry->time, info,
           doubtful || is_possibly_delivered(*entry) ? Care::needed : Care::none);
}

// A clock that was wrong must not keep mail waiting.
void Stock::schedule(const std::string& id, Time arrival, const queue::RetryInfo& info, Care care) {
  const Time now = sys::now();
  const auto wait = std::clamp<Milliseconds>(info.next_try - now, Milliseconds(0), retry_.longest);
  recorder_.ages().know(id, arrival, now, sys::boot_now());
  dispatch_.add(id, std::min(arrival, now), sys::boot_now() + wait, care, routes_of(id));
}

// Without a look into it: that may be what kills.
void Stock::set_aside(const std::string& id, unsigned deaths) {
  deadly_.insert(id);
  const std::string reason =
      "mailchuted died " + std::to_string(deaths) + " times while working on it";
  auto aside = queue_.set_aside(id, reason);
  if (aside) aside = queue_.sync();
  if (!aside && aside.error().kind == Error::Kind::unavailable) return;
  Event event(aside ? "held" : "record-failed", Severity::error);
  const std::string advice = reason + "; to try it again: mailchute queue retry " + id;
  log_(std::move(event).with("id", id).with("reason", aside ? advice : aside.error().text));
}

// False when it cannot be sent for now.
bool Stock::mark_possibly_delivered(const std::string& id) {
  const Board::Touch touch(board_, id);
  auto message = read(id);
  if (!message) {
    not_read(id, message.error());
    return false;
  }
  std::vector<queue::Outcome> outcomes;
  for (const std::size_t recipient : message->recipients) {
    outcomes.push_back({recipient, RecipientStatus::possibly_delivered, {}});
  }
  if (auto recorded = queue_.record(message->entry, outcomes); !recorded) {
    log_(Event("record-failed", Severity::error)
             .with("id", id)
             .with("reason", recorded.error().text));
  }
  return true;
}

// Before anything is sent of a message, or of the notification that is about it.
bool Stock::settle_owed(const std::string& id) {
  const Board::Touch touch(board_, id);
  auto entry = queue_.load(id);
  if (entry) return recorder_.settle_owed(*entry);
  not_read(id, entry.error());
  return false;
}

// What was left, and what came to cur/ there.
void Stock::elsewhere_gone(const Inheritance& left) {
  for (const auto& [id, deaths] : left.deadly) {
    if (elsewhere_.erase(id) != 0) set_aside(id, deaths);
  }
  for (const std::string& id : left.elsewhere) elsewhere_.erase(id);
  digester_.look_again();
  doubtful_.insert(left.possibly_delivered.begin(), left.possibly_delivered.end());
  look_for_unknown();
}

void Stock::look_for_unknown() {
  const auto loaded = load_unknown();
  if (loaded) return;
  log_(Event("unreadable", Severity::error).with("reason", loaded.error().text));
  timer_.start(retry_.first, [this] { look_for_unknown(); });
}

std::optional<Outgoing> Stock::load(const Dispatch::Taken& taken, std::size_t host,
                                    std::size_t recipients, const smtp::Extensions& offered,
                                    smtp::Capabilities without) {
  const std::string& id = taken.id;
  if (digester_.stands_aside(id)) return std::nullopt;
  auto entry = queue_.load(id);
  if (entry && digester_.holds_back(*entry, offered)) return std::nullopt;
  auto message = entry ? prepare(std::move(*entry), host) : failure(std::move(entry.error()));
  if (message) {
    const auto routes = relay::routes_of(*message, routes_);
    if (!dispatch_.sort(id, routes, sys::boot_now())) return std::nullopt;
    reduce(*message, routes_, {taken.route, dispatch_.tried(id), recipients, offered.domains});
    const bool all_tried = message->recipients.empty() && !routes.empty();
    if (all_tried) {  // those that were to follow have gone
      dispatch_.outcome(id, {}, true, false);
      user_.on_put_back(id, message->entry.envelope().time, retry_.first, Care::none);
      return std::nullopt;
    }
    message->without = std::move(without);
    message = fitted(std::move(*message), offered);
  }
  if (!message) {
    not_read(id, message.error());
    return std::nullopt;
  }
  if (!message->entry.owed().empty() && !recorder_.settle_owed(message->entry)) return std::nullopt;
  return std::move(*message);
}

std::set<std::size_t> Stock::routes_of(const std::string& id) {
  if (dispatch_.routes() == 1) return {};
  const Board::Touch touch(board_, id);
  const auto message = read(id);
  return message ? relay::routes_of(*message, routes_) : std::set<std::size_t>();
}

Result<Outgoing> Stock::read(const std::string& id) {
  auto entry = queue_.load(id);
  return entry ? prepare(std::move(*entry)) : failure(std::move(entry.error()));
}

Result<Outgoing> Stock::prepare(queue::Entry entry, std::size_t host) const {
  auto settled = readdress(entry, router_);
  auto message = Outgoing::prepare(std::move(entry), sender_policies_[host], std::move(settled));
  if (!message) return failure(Error::Kind::temporary, message.error().text);
  return message;
}

void Stock::not_read(const std::string& id, const Error& error) {
  // These two mean that it is not in cur/ any more (queue.h); the latter is no trouble: a crash had
  // left it finished, as a rule.
  const bool finished = error.kind == Error::Kind::unavailable;
  const bool gone = finished || error.kind == Error::Kind::data;
  log_(Event("unreadable", finished ? Severity::info : Severity::error)
           .with("id", id)
           .with("reason", error.text));
  gone ? user_.on_gone(id) : user_.on_put_back(id, sys::now(), retry_.first, Care::none);
}

}  // namespace mailchute::relay
