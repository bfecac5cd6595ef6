// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/listing_task.h"

#include <algorithm>
#include <optional>
#include <string>

#include "mailchuted/looking_task.h"
#include "queue/control.h"
#include "queue/details.h"
#include "queue/selection.h"

namespace mailchute::mailchuted {
namespace {

using queue::Listed;
using queue::Place;

// A page of a list ends behind the entry that fills this: some two hundred entries.
constexpr std::size_t kPage = 64 << 10;

class ListTask : public LookingTask {
 public:
  // What is selected and comes behind `start`; nothing: from the beginning.
  ListTask(Desk& desk, const Asker& asker, const std::optional<queue::Position>& start,
           queue::Selector selector)
      : LookingTask(desk),
        asker_(asker),
        selector_(std::move(selector)),
        position_(start.value_or(queue::Position())) {
    if (!start || !desk.index.done(1)) look();
  }

 private:
  bool answer_now(std::string& answer) override {
    if (!view_) {
      auto view = queue::View::open(desk_.settings.queue_directory);
      if (!view) answer = error_line(view.error().text);
      if (!view) return true;
      view_ = std::move(*view);
    }
    const auto item = desk_.index.after(position_);
    if (item && answer.size() < kPage) {
      position_ = {item->time, item->id};
      if (visible(item->uid) && selector_.may_match(item->id, item->place, item->time))
        add(*item, answer);
      return false;
    }
    queue::Totals totals;
    for (const Place place : {Place::incoming, Place::waiting, Place::held}) {
      totals.requests += desk_.index.count(place).entries;
      totals.octets += desk_.index.count(place).octets;
    }
    answer +=
        "OK " + queue::format_totals(totals, item ? &position_ : nullptr, alarm_of(desk_)) + "\n";
    return true;
  }

  bool visible(uid_t owner) const { return asker_.administrator || owner == asker_.uid; }

  void add(const queue::Index::Item& item, std::string& answer) const {
    auto listed = view_->read(item.id, item.place);
    if (!listed) listed = view_->find(item.id);
    if (!listed || !visible(listed->uid)) return;
    complete(*listed, desk_.delivery);
    if (selector_.matches(*listed)) answer += " " + queue::format_listed(*listed) + "\n";
  }

  Asker asker_;
  queue::Selector selector_;
  queue::Position position_;
  std::optional<queue::View> view_;
};

class ShowTask : public NamingTask {
 public:
  ShowTask(Desk& desk, const Asker& asker, std::string_view word)
      : NamingTask(desk, asker), word_(word) {
    look_unless_whole(word);
  }

 private:
  bool answer_now(std::string& answer) override {
    const auto id = resolve(word_);
    auto details = id ? find(*id) : Result<queue::Details>(failure(id.error()));
    if (!details) {
      answer = error_line(details.error().text);
      return true;
    }
    complete(details->listed, desk_.delivery);
    for (const std::string& line : queue::format_details(*details)) answer += " " + line + "\n";
    answer += "OK\n";
    return true;
  }

  Result<queue::Details> find(const std::string& id) const {
    const std::string& directory = desk_.settings.queue_directory;
    const auto view = queue::View::open(directory);
    if (!view) return failure(view.error());
    auto details = queue::read_details(*view, directory, id);
    const bool visible = details && (asker_.administrator || details->listed.uid == asker_.uid);
    if (!visible) return failure(none(word_));
    return std::move(*details);
  }

  std::string word_;
};

}  // namespace

// "[TIME/ID][<tab>WORDS]"; nullptr: not understood.
std::unique_ptr<Task> list_task(std::string_view rest, const Asker& asker, Desk& desk) {
  const std::string_view first = rest.substr(0, rest.find('\t'));
  const auto start = queue::parse_position(first);
  if (!start && !first.empty() && first.find('=') == first.npos) return nullptr;
  if (start) rest.remove_prefix(std::min(first.size() + 1, rest.size()));
  const auto words = queue::parse_words(rest);
  if (!words) return nullptr;
  const auto selection = queue::selection_of(*words);
  auto selector = selection ? queue::Selector::of(*selection)
                            : Result<queue::Selector>(failure(selection.error()));
  if (!selector) return refusal(selector.error().text);
  return std::make_unique<ListTask>(desk, asker, start, std::move(*selector));
}

std::unique_ptr<Task> show_task(std::string_view word, const Asker& asker, Desk& desk) {
  return std::make_unique<ShowTask>(desk, asker, word);
}

}  // namespace mailchute::mailchuted
