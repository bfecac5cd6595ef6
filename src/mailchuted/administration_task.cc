// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/administration_task.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "queue/control.h"
#include "queue/request_words.h"
#include "queue/view.h"
#include "sys/clock.h"
#include "sys/file.h"

namespace mailchute::mailchuted {
namespace {

using What = relay::Administration::Outcome::What;

// An octet is four at worst once it is escaped.
constexpr std::size_t kPiece = 32 << 10;

const char* name_of(What what) {
  switch (what) {
    case What::done: return "done";
    case What::later: return "later";
    case What::refused: break;
  }
  return "refused";
}

// The answer comes when all is done and durable, and says so of nothing else: what is in a
// transaction is waited for.
class ActTask : public Task {
 public:
  ActTask(Desk& desk, relay::Act act, std::vector<std::string> ids)
      : administration_(desk.delivery.administration()),
        act_(std::move(act)),
        state_(std::make_shared<State>()),
        deadline_(sys::boot_now() + desk.patience) {
    state_->wake = desk.wake;
    for (std::string& id : ids) state_->lines.push_back({std::move(id), {}});
  }
  // Who asked may have gone in the middle.
  ~ActTask() override {
    if (next_ > 0 && !committed_) (void)administration_.commit();
  }

  bool ready() const override {
    return !committed_ || state_->missing == 0 || sys::boot_now() >= deadline_;
  }

  bool step(std::string& answer) override {
    if (next_ < state_->lines.size()) {
      begin(next_++);
    } else if (!committed_) {
      committed_ = true;
      durable_ = administration_.commit();
    } else {
      answer = durable_ ? lines() + "OK\n" : "ERROR " + escaped(durable_.error().text) + "\n";
      return true;
    }
    return false;
  }

 private:
  struct Line {
    std::string id;
    relay::Administration::Outcome outcome;
  };
  struct State {
    std::vector<Line> lines;
    std::size_t missing = 0;  // in a transaction
    std::function<void()> wake;
  };

  void begin(std::size_t i) {
    const auto then = [state = std::weak_ptr(state_),
                       i](const relay::Administration::Outcome& outcome) {
      const auto here = state.lock();
      if (!here) return;
      here->lines[i].outcome = outcome;
      --here->missing;
      here->wake();
    };
    Line& line = state_->lines[i];
    line.outcome = administration_.act(act_, line.id, then);
    if (line.outcome.what == What::later) ++state_->missing;
  }

  std::string lines() const {
    std::string text;
    for (const auto& [id, outcome] : state_->lines) {
      text += " " + escaped(id) + " " + name_of(outcome.what) + " " + escaped(outcome.text) + "\n";
    }
    return text;
  }

  relay::Administration& administration_;
  relay::Act act_;
  std::shared_ptr<State> state_;
  Instant deadline_;
  std::size_t next_ = 0;
  bool committed_ = false;
  Result<> durable_;
};

// Of the file as it lies there; it may be another one, or gone, with the next piece: whoever reads
// holds what he got against its checksum.
class ExportTask : public Task {
 public:
  ExportTask(Desk& desk, uid_t by, std::string id, std::uint64_t offset)
      : desk_(desk), by_(by), id_(std::move(id)), offset_(offset) {}

  bool step(std::string& answer) override {
    const auto read = piece();
    if (read && offset_ == 0)
      desk_.log(Event("exported", Severity::notice).with("id", id_).with("by", std::uint64_t{by_}));
    answer = read ? " " + escaped(read->octets) + "\nOK octets=" + std::to_string(read->size) + "\n"
                  : "ERROR " + escaped(read.error().text) + "\n";
    return true;
  }

 private:
  Result<queue::Piece> piece() const {
    const auto view = queue::View::open(desk_.settings.queue_directory);
    if (!view) return failure(view.error());
    const auto whole = view->find_whole(id_);
    if (!whole) return failure(Error::Kind::rejected, "no entry " + id_ + " in the queue");
    const auto status = sys::status_of(whole->file.get(), id_);
    if (!status) return failure(status.error());
    std::string octets(kPiece, '\0');
    const auto n = sys::read_some_at(whole->file.get(), octets, offset_, id_);
    if (!n) return failure(n.error());
    octets.resize(*n);
    return queue::Piece{std::move(octets), static_cast<std::uint64_t>(status->st_size)};
  }

  Desk& desk_;
  uid_t by_;
  std::string id_;
  std::uint64_t offset_;
};

using queue::Word;

// nullptr: a word is not understood, or has no business with this verb.
std::unique_ptr<Task> act_task(relay::Act act, const std::vector<Word>& words, Desk& desk) {
  using Verb = relay::Act::Verb;
  const bool reasoned = act.verb == Verb::hold || act.verb == Verb::bounce;
  const bool changing = act.verb == Verb::release;
  std::vector<std::string> ids;
  for (const auto& [key, value] : words) {
    auto& recipients = act.changes.recipients;
    if (key == "id") ids.push_back(value);
    else if (key == "reason" && reasoned) act.reason = value;
    else if (key == "sender" && changing) act.changes.reverse_path = value;
    else if (key == "old" && changing) recipients.push_back({value, {}});
    else if (key != "new" || recipients.empty() || !recipients.back().now.empty()) return nullptr;
    else recipients.back().now = value;
  }
  return std::make_unique<ActTask>(desk, std::move(act), std::move(ids));
}

std::unique_ptr<Task> export_task(const std::vector<Word>& words, uid_t by, Desk& desk) {
  if (words.size() != 2 || words[0].key != "id" || words[1].key != "offset") return nullptr;
  const auto offset = parse_number(words[1].value);
  if (!offset) return nullptr;
  return std::make_unique<ExportTask>(desk, by, words[0].value, *offset);
}

}  // namespace

std::unique_ptr<Task> administration_task(std::string_view request, const Asker& asker,
                                          Desk& desk) {
  const std::string verb = to_lower(request.substr(0, request.find(' ')));
  const auto act = relay::parse_verb(verb);
  if (!act && verb != "export") return nullptr;
  if (!asker.administrator) return for_administrators(verb + " messages");
  const auto words = queue::parse_words(request.substr(std::min(verb.size() + 1, request.size())));
  if (!words) return nullptr;
  return act ? act_task({*act, asker.uid}, *words, desk) : export_task(*words, asker.uid, desk);
}

}  // namespace mailchute::mailchuted
