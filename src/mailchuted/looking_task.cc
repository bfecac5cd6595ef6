// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/looking_task.h"

#include <algorithm>
#include <vector>

#include "queue/queue_id.h"
#include "queue/view.h"

namespace mailchute::mailchuted {
namespace {

constexpr std::size_t kNamedAtMost = 5;  // of the ids that begin alike

Error ambiguous(std::string_view word, const std::vector<queue::Index::Item>& found) {
  std::string text = "more than one entry begins with " + std::string(word) + ":";
  for (std::size_t i = 0; i < std::min(found.size(), kNamedAtMost); ++i) text += " " + found[i].id;
  return {Error::Kind::rejected, text + (found.size() > kNamedAtMost ? " and more" : "")};
}

}  // namespace

bool LookingTask::step(std::string& answer) {
  if (desk_.index.done(look_)) return answer_now(answer);
  const auto looked = desk_.index.step();
  if (!looked) answer = error_line(looked.error().text);
  return !looked;
}

void NamingTask::look_unless_whole(std::string_view word) {
  if (!queue::is_queue_id(queue::as_id(word))) look();
}

Result<std::string> NamingTask::resolve(std::string_view word) const {
  const std::string id = queue::as_id(word);
  if (queue::is_queue_id(id)) {
    if (asker_.administrator || owns(id)) return id;
    return failure(none(word));
  }
  if (id.size() < queue::kShortestPrefix) {
    return failure(Error::Kind::rejected,
                   std::string(word) + " is too short for the beginning of a queue id: give " +
                       std::to_string(queue::kShortestPrefix) + " characters or more");
  }
  const auto found = desk_.index.with_prefix(
      id, asker_.administrator ? std::nullopt : std::optional<std::uint32_t>(asker_.uid),
      kNamedAtMost + 1);
  if (found.empty()) return failure(none(word));
  if (found.size() > 1) return failure(ambiguous(word, found));
  return found.front().id;
}

Error NamingTask::none(std::string_view word) const {
  return {Error::Kind::rejected, "no entry " + std::string(word) +
                                     (asker_.administrator ? " in the queue" : ", or not yours")};
}

bool NamingTask::owns(const std::string& id) const {
  const auto view = queue::View::open(desk_.settings.queue_directory);
  const auto listed = view ? view->find(id) : std::nullopt;
  return listed && listed->uid == asker_.uid;
}

void complete(queue::Listed& entry, const relay::Delivery& delivery) {
  if (delivery.in_flight(entry.id)) entry.place = queue::Place::active;
  const auto next = delivery.next_try(entry.id);
  if (!next) return;
  entry.info.next_try = *next;
  if (entry.info.reason.empty()) entry.info.reason = delivery.reason(entry.id);
}

}  // namespace mailchute::mailchuted
