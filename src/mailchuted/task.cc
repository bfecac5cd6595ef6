// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/task.h"

#include "base/text.h"
#include "mailchuted/administration_task.h"
#include "mailchuted/listing_task.h"
#include "mailchuted/retry_task.h"
#include "mailchuted/status_task.h"

namespace mailchute::mailchuted {
namespace {

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
    for (const std::string_view line : split(result.error().text, '\n'))
      answer += " " + escaped(line) + "\n";
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

// Takes what is there from the front.
bool take(std::string_view& request, std::string_view verb) {
  if (!request.starts_with(verb)) return false;
  request.remove_prefix(verb.size());
  return true;
}

}  // namespace

std::string error_line(std::string_view text) { return "ERROR " + escaped(text) + "\n"; }

queue::Alarm alarm_of(const Desk& desk) {
  const auto troubles = serious(desk.alarm);
  if (troubles.empty()) return {};
  return {troubles.front().since, headline(troubles)};
}

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

std::unique_ptr<Task> refusal(std::string text) {
  return std::make_unique<Refusal>(std::move(text));
}

std::unique_ptr<Task> for_administrators(const std::string& act) {
  return refusal("only administrators may " + act +
                 ": root, and the users of the setting administrators");
}

std::unique_ptr<Task> task_for(std::string_view request, const Asker& asker, Desk& desk) {
  std::string_view rest = request;
  if (take(rest, "LIST") && (rest.empty() || take(rest, " "))) {
    if (auto task = list_task(rest, asker, desk)) return task;
  }
  if (request == "STATUS") return status_task(desk);
  if (rest = request; take(rest, "SHOW ")) return show_task(rest, asker, desk);
  if (take(rest, "RETRY ")) return retry_task(rest, asker, desk);
  if (auto task = administration_task(request, asker, desk)) return task;
  if (request == "RELOAD" && asker.administrator) return std::make_unique<ReloadTask>(desk);
  if (request == "RELOAD") return for_administrators("reload the configuration");
  return refusal("unknown request " + std::string(request.substr(0, 80)));
}

}  // namespace mailchute::mailchuted
