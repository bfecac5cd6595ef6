// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/index.h"

#include <algorithm>

namespace mailchute::queue {
namespace {

template <class Id>
Id packed(std::string_view id) {
  Id octets{};
  std::copy_n(id.begin(), std::min(id.size(), octets.size()), octets.begin());
  return octets;
}

template <class Id>
std::string_view text(const Id& id) {
  return {id.data(), id.size()};
}

}  // namespace

Result<> Index::step() {
  Result<> done;
  if (!view_) done = begin();
  else if (place_ < std::size(kPlaces)) done = look_at_next_name();
  else sweep_one();
  if (!done) view_.reset();
  return done;
}

Result<> Index::begin() {
  ++begun_;
  auto view = View::open(directory_);
  if (!view) return failure(view.error());
  view_ = std::move(*view);
  place_ = 0;
  names_.reset();
  swept_.reset();
  counting_ = {};
  return {};
}

Result<> Index::look_at_next_name() {
  if (!names_) {
    auto names = view_->names(kPlaces[place_]);
    // The daemon makes its own folders when it first starts.
    const bool missing = !names && names.error().kind == Error::Kind::create;
    if (missing) ++place_;
    if (missing || !names) return missing ? Result<>() : failure(names.error());
    names_ = std::move(*names);
  }
  const std::string name = names_->next();
  if (!name.empty()) {
    see(name);
    return {};
  }
  names_.reset();
  ++place_;
  return {};
}

void Index::see(const std::string& name) {
  if (!is_queue_id(name)) return;
  const auto known = known_.find(packed<Id>(name));
  if (known != known_.end()) {
    known->second.place = kPlaces[place_];
    known->second.seen = begun_;
  } else if (const auto listed = view_->read(name, kPlaces[place_])) {
    learn(name, *listed);
  }
}

void Index::learn(const std::string& name, const Listed& listed) {
  const Id id = packed<Id>(name);
  const bool notification =
      listed.sender.empty() && !listed.recipients.empty();  // one that is damaged has neither
  known_.insert_or_assign(
      id, Known{listed.time, listed.size, listed.uid, listed.place, notification, begun_});
  order_.insert({listed.time, id});
}

// What none of the folders had is gone, or was put back while they were looked at.
void Index::sweep_one() {
  auto next = swept_ ? known_.upper_bound(*swept_) : known_.begin();
  if (next == known_.end()) {
    counts_ = counting_;
    done_ = begun_;
    view_.reset();
    return;
  }
  auto& [id, known] = *next;
  swept_ = id;
  if (known.seen != begun_) {
    const auto found = view_->find(std::string(text(id)));
    if (!found) {
      order_.erase({known.time, id});
      known_.erase(next);
      return;
    }
    known.place = found->place;
  }
  Count& count = counting_[static_cast<std::size_t>(known.place)];
  ++count.entries;
  count.octets += known.size;
  count.notifications += known.notification;
  count.oldest = std::min(count.oldest.value_or(known.time), known.time);
}

Index::Item Index::item(const Id& id, const Known& known) {
  return {std::string(text(id)), known.time, known.uid, known.place};
}

std::optional<Index::Item> Index::after(const Position& position) const {
  const auto next = order_.upper_bound({position.time, packed<Id>(position.id)});
  if (next == order_.end()) return std::nullopt;
  return item(next->second, known_.at(next->second));
}

std::vector<Index::Item> Index::with_prefix(std::string_view prefix,
                                            std::optional<std::uint32_t> owner,
                                            std::size_t limit) const {
  std::vector<Item> items;
  for (auto next = known_.lower_bound(packed<Id>(prefix)); next != known_.end(); ++next) {
    const auto& [id, known] = *next;
    if (!text(id).starts_with(prefix) || items.size() == limit) break;
    if (known.uid == owner.value_or(known.uid)) items.push_back(item(id, known));
  }
  return items;
}

}  // namespace mailchute::queue
