// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/task.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "mailchuted/administration_task.h"
#include "queue/control.h"
#include "queue/details.h"
#include "queue/selection.h"
#include "sys/clock.h"
#include "sys/file.h"

namespace mailchute::mailchuted {
namespace {

using queue::Listed;
using queue::Place;

// A page of a list ends behind the entry that fills this: some two hundred entries.
constexpr std::size_t kPage = 64 << 10;
constexpr std::size_t kNamedAtMost = 5;  // of the ids that begin alike

std::string error_line(std::string_view text) { return "ERROR " + escaped(text) + "\n"; }

queue::Alarm alarm_of(const Desk& desk) {
  const auto troubles = serious(desk.alarm);
  if (troubles.empty()) return {};
  return {troubles.front().since, headline(troubles)};
}

// What only the daemon knows of an entry.
void complete(Listed& entry, const relay::Delivery& delivery) {
  if (delivery.in_flight(entry.id)) entry.place = Place::active;
  const auto next = delivery.next_try(entry.id);
  if (!next) return;
  entry.info.next_try = *next;
  if (!entry.info.reason.empty()) return;
  const relay::DeliveryStatus now = delivery.status();
  if (now.paused_for) entry.info.reason = "smart host is paused: " + now.last_error;
}

// Waits until the index knows what was in the queue when the question came.
class LookingTask : public Task {
 public:
  explicit LookingTask(Desk& desk) : desk_(desk) {}
  bool step(std::string& answer) final {
    if (desk_.index.done(look_)) return answer_now(answer);
    const auto looked = desk_.index.step();
    if (!looked) answer = error_line(looked.error().text);
    return !looked;
  }

 protected:
  virtual bool answer_now(std::string& answer) = 0;
  void look() { look_ = desk_.index.next_look(); }

  Desk& desk_;

 private:
  std::uint64_t look_ = 0;  // none is needed
};

class ListTask : public LookingTask {
 public:
  // What is selected and comes behind `start`; nothing: from the beginning.
  ListTask(Desk& desk, const Asker& asker, const std::optional<queue::Position>& start, queue::Selector selector)
      : LookingTask(desk), asker_(asker), selector_(std::move(selector)), position_(start.value_or(queue::Position())) {
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
      if (visible(item->uid) && selector_.may_match(item->id, item->place, item->time)) add(*item, answer);
      return false;
    }
    queue::Totals totals;
    for (const Place place : {Place::incoming, Place::waiting, Place::held}) {
      totals.requests += desk_.index.count(place).entries;
      totals.octets += desk_.index.count(place).octets;
    }
    answer += "OK " + queue::format_totals(totals, item ? &position_ : nullptr, alarm_of(desk_)) + "\n";
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

// From what a user writes for an entry to its id: the whole id, or the beginning of it. What he may
// not see is not there for him.
class NamingTask : public LookingTask {
 protected:
  NamingTask(Desk& desk, const Asker& asker) : LookingTask(desk), asker_(asker) {}

  void look_unless_whole(std::string_view word) {
    if (!queue::is_queue_id(queue::as_id(word))) look();
  }

  // An administrator's whole id comes back as it is, whether or not there is such an entry.
  Result<std::string> resolve(std::string_view word) const {
    const std::string id = queue::as_id(word);
    if (queue::is_queue_id(id)) {
      if (asker_.administrator || owns(id)) return id;
      return failure(none(word));
    }
    if (id.size() < queue::kShortestPrefix) {
      return failure(Error::Kind::rejected, std::string(word) + " is too short for the beginning of a queue id: give " +
                                                std::to_string(queue::kShortestPrefix) + " characters or more");
    }
    const auto found = desk_.index.with_prefix(
        id, asker_.administrator ? std::nullopt : std::optional<std::uint32_t>(asker_.uid), kNamedAtMost + 1);
    if (found.empty()) return failure(none(word));
    if (found.size() > 1) return failure(ambiguous(word, found));
    return found.front().id;
  }

  Error none(std::string_view word) const {
    return {Error::Kind::rejected, "no entry " + std::string(word) +
                                       (asker_.administrator ? " in the queue" : ", or not yours")};
  }

  const Asker asker_;

 private:
  bool owns(const std::string& id) const {
    const auto view = queue::View::open(desk_.settings.queue_directory);
    const auto listed = view ? view->find(id) : std::nullopt;
    return listed && listed->uid == asker_.uid;
  }

  static Error ambiguous(std::string_view word, const std::vector<queue::Index::Item>& found) {
    std::string text = "more than one entry begins with " + std::string(word) + ":";
    for (std::size_t i = 0; i < std::min(found.size(), kNamedAtMost); ++i) text += " " + found[i].id;
    return {Error::Kind::rejected, text + (found.size() > kNamedAtMost ? " and more" : "")};
  }
};

class ShowTask : public NamingTask {
 public:
  ShowTask(Desk& desk, const Asker& asker, std::string_view word) : NamingTask(desk, asker), word_(word) {
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

// Anyone may ask for a queue run, as with sendmail -q; single messages only for who may see them, and
// what is held or failed only for administrators. A line for each that was named, as for acts; where
// nothing was done at all it is an error.
class RetryTask : public NamingTask {
 public:
  RetryTask(Desk& desk, const Asker& asker, std::string_view words) : NamingTask(desk, asker) {
    for (const std::string_view word : split(words, ' ')) {
      if (word != "*") look_unless_whole(word);
      words_.emplace_back(word);
    }
  }

 private:
  bool answer_now(std::string& answer) override {
    if (next_ < words_.size()) {
      const std::string& word = words_[next_++];
      const auto retried = retry(word);
      if (word != "*") answer += " " + escaped(word) + (retried ? " done \n" : " refused " + escaped(retried.error().text) + "\n");
      if (!retried) trouble_.append(trouble_.empty() ? "" : "; ").append(retried.error().text);
      return false;
    }
    if (count_ > 0 || trouble_.empty()) answer += "OK messages=" + std::to_string(count_) + "\n";
    else answer = error_line(trouble_);
    if (count_ > 0) desk_.log(Event("retried", Severity::notice).with("by", std::uint64_t{asker_.uid}).with("messages", count_));
    return true;
  }

  Result<> retry(const std::string& word) {
    if (word == "*") {
      count_ += desk_.delivery.retry_all();
      return {};
    }
    const auto id = resolve(word);
    if (!id) return failure(id.error());
    if (!desk_.delivery.retry(*id)) {
      if (!asker_.administrator) return failure(Error::Kind::rejected, *id + " waits for an administrator");
      if (auto released = release(*id); !released) return released;
    }
    ++count_;
    return {};
  }

  Result<> release(const std::string& id) const {
    relay::Administration& administration = desk_.delivery.administration();
    const auto outcome = administration.act({relay::Act::Verb::release, asker_.uid}, id);
    auto committed = administration.commit();
    if (outcome.what != relay::Administration::Outcome::What::done) return failure(Error::Kind::rejected, id + ": " + outcome.text);
    desk_.delivery.retry(id);
    return committed;
  }

  std::vector<std::string> words_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::string trouble_;
};

class StatusTask : public LookingTask {
 public:
  explicit StatusTask(Desk& desk) : LookingTask(desk) { look(); }

 private:
  bool answer_now(std::string& answer) override {
    out_ = &answer;
    alarm(alarm_of(desk_));
    delivery(desk_.delivery.status());
    queue();
    if (desk_.smtp != nullptr) {
      line("listener", desk_.smtp->addresses());
      line("listener_trouble", desk_.smtp->trouble());
      line("listener_clients", std::to_string(desk_.smtp->clients()));
    }
    for (const std::string_view event : Tally::events()) {
      line("count." + std::string(event), std::to_string(desk_.tally.of(event)));
    }
    line("started", queue::format_time(desk_.tally.since()));
    line("pid", std::to_string(::getppid()));  // the keeper, whom signals are for
    line("version", MAILCHUTE_VERSION);
    line("configuration", desk_.settings.file);
    answer += "OK\n";
    return true;
  }

  void alarm(const queue::Alarm& alarm) {
    if (alarm.text.empty()) return;
    line("alarm_since", queue::format_time(alarm.since));
    line("alarm", alarm.text);
  }

  // `number`: behind each key, of one of several; empty: all together.
  template <class Status>
  void smart_host(const Status& status, const std::string& name, const std::string& number) {
    line("smart_host" + number, name);
    line("state" + number, status.paused_for ? "paused" : status.trouble_since ? "trying" : "ok");
    if (status.paused_for) {
      line("paused_for" + number, format_seconds(static_cast<std::uint64_t>(status.paused_for->count())));
      line("paused_until" + number, queue::format_time(sys::now() + *status.paused_for));
    }
    if (status.trouble_since) line("trouble_since" + number, queue::format_time(*status.trouble_since));
    if (!status.last_error.empty()) line("last_error" + number, status.last_error);
    line("connections" + number, std::to_string(status.connections));
  }

  void delivery(const relay::DeliveryStatus& status) {
    smart_host(status, status.smart_host, "");
    for (std::size_t i = 0; status.smart_hosts.size() > 1 && i < status.smart_hosts.size(); ++i) {
      const relay::SmartHostStatus& host = status.smart_hosts[i];
      smart_host(host, host.name + " (" + host.place + ")", "." + std::to_string(i + 1));
    }
    line("waiting", std::to_string(status.waiting));
    line("in_flight", std::to_string(status.in_flight));
    line("delivered", std::to_string(desk_.tally.of("delivered")));
  }

  void queue() {
    std::optional<Time> oldest;
    std::uint64_t octets = 0;
    for (const Place place : queue::kPlaces) {
      const queue::Index::Count& count = desk_.index.count(place);
      const std::string name(queue::name_of(place));
      if (place != Place::waiting) line(name, std::to_string(count.entries));
      octets += count.octets;
      const bool waits = place == Place::incoming || place == Place::waiting;
      if (waits && count.oldest) oldest = std::min(oldest.value_or(*count.oldest), *count.oldest);
    }
    line("lost_notifications", std::to_string(desk_.index.count(Place::failed).notifications));
    line("octets", std::to_string(octets));
    if (oldest) line("oldest", queue::format_time(*oldest));
    line("queue_directory", desk_.settings.queue_directory);
    if (const auto free = sys::free_space(desk_.settings.queue_directory)) line("free", std::to_string(*free));
  }

  void line(std::string_view key, std::string_view value) {
    out_->append(" ").append(key).append("=").append(escaped(value)).append("\n");
  }

  std::string* out_ = nullptr;
};

class ReloadTask : public Task {
 public:
  explicit ReloadTask(Desk& desk) : place_(desk.reloads.ask()) {}
  bool ready() const override { return place_->has_value(); }
  bool step(std::string& answer) override {
    const Result<>& result = **place_;
    if (result) {
      answer = "OK done\n";
      return true;
    }
    for (const std::string_view line : split(result.error().text, '\n')) answer += " " + escaped(line) + "\n";
    answer += result.error().kind == Error::Kind::temporary ? "OK later\n" : "OK refused\n";
    return true;
  }

 private:
  Reloads::Place place_;
};

class Refusal : public Task {
 public:
  explicit Refusal(std::string text) : text_(std::move(text)) {}
  bool step(std::string& answer) override {
    answer = error_line(text_);
    return true;
  }

 private:
  std::string text_;
};

// "[TIME/ID][<tab>WORDS]"; nullptr: not understood.
std::unique_ptr<Task> list_task(std::string_view rest, const Asker& asker, Desk& desk) {
  const std::string_view first = rest.substr(0, rest.find('\t'));
  const auto start = queue::parse_position(first);
  if (!start && !first.empty() && first.find('=') == first.npos) return nullptr;
  if (start) rest.remove_prefix(std::min(first.size() + 1, rest.size()));
  const auto words = queue::parse_words(rest);
  if (!words) return nullptr;
  const auto selection = queue::selection_of(*words);
  auto selector = selection ? queue::Selector::of(*selection) : Result<queue::Selector>(failure(selection.error()));
  if (!selector) return refusal(selector.error().text);
  return std::make_unique<ListTask>(desk, asker, start, std::move(*selector));
}

// Takes what is there from the front.
bool take(std::string_view& request, std::string_view verb) {
  if (!request.starts_with(verb)) return false;
  request.remove_prefix(verb.size());
  return true;
}

}  // namespace

Reloads::Place Reloads::ask() {
  places_.push_back(std::make_shared<std::optional<Result<>>>());
  ask_();
  return places_.back();
}

void Reloads::answer(const Result<>& result) {
  if (places_.empty()) return;
  *places_.front() = result;
  places_.pop_front();
}

std::unique_ptr<Task> refusal(std::string text) { return std::make_unique<Refusal>(std::move(text)); }

std::unique_ptr<Task> for_administrators(const std::string& act) {
  return refusal("only administrators may " + act + ": root, and the users of the setting administrators");
}

std::unique_ptr<Task> task_for(std::string_view request, const Asker& asker, Desk& desk) {
  std::string_view rest = request;
  if (take(rest, "LIST") && (rest.empty() || take(rest, " "))) {
    if (auto task = list_task(rest, asker, desk)) return task;
  }
  if (request == "STATUS") return std::make_unique<StatusTask>(desk);
  if (rest = request; take(rest, "SHOW ")) return std::make_unique<ShowTask>(desk, asker, rest);
  if (take(rest, "RETRY ")) return std::make_unique<RetryTask>(desk, asker, rest);
  if (auto task = administration_task(request, asker, desk)) return task;
  if (request == "RELOAD" && asker.administrator) return std::make_unique<ReloadTask>(desk);
  if (request == "RELOAD") return for_administrators("reload the configuration");
  return refusal("unknown request " + std::string(request.substr(0, 80)));
}

}  // namespace mailchute::mailchuted
