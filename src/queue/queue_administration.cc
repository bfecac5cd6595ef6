// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Queue that administrators use.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/text.h"
#include "mail/dsn.h"
#include "mail/xtext.h"
#include "queue/queue.h"
#include "queue/queue_id.h"
#include "sys/directory.h"

namespace mailchute::queue {
namespace {

constexpr char kDone = static_cast<char>(RecipientStatus::done);
constexpr char kFailed = static_cast<char>(RecipientStatus::failed);
constexpr char kToDo = static_cast<char>(RecipientStatus::to_do);

std::string in_brackets(const std::string& path) { return "<" + path + ">"; }

// Whom it was for stays known to the sender (RFC 3461, 4.2).
void replace(mail::Recipient& recipient, const std::string& now) {
  if (recipient.original.empty()) recipient.original = mail::typed_original(recipient.address);
  recipient.address = now;
  recipient.defect.clear();
  recipient.expanded = false;
}

}  // namespace

Result<Queue::Found> Queue::open_in(std::initializer_list<const sys::UniqueFd*> folders,
                                    const std::string& id) const {
  if (!is_queue_id(id)) return no_entry(id);
  for (const sys::UniqueFd* folder : folders) {
    auto entry = Entry::open(folder->get(), id, unlimited());
    if (entry) return Found{folder, std::move(*entry)};
    if (entry.error().kind != Refusal::Kind::gone)
      return failure(Error::Kind::data, id + ": " + entry.error().reason);
  }
  return no_entry(id);
}

Result<> Queue::set_aside(const std::string& id, const std::string& reason, By by) {
  if (!is_queue_id(id) || !sys::exists(folders_.cur.get(), id)) return no_entry(id);
  RetryInfo info = load_info(id);
  if (auto moved = move(id, folders_.cur, folders_.held); !moved) return moved;
  info.reason = reason;
  info.next_try = {};
  info.by_hand = by == By::hand;
  save_info(id, info);
  return {};
}

Result<> Queue::readdress(Entry& entry, const Progress& progress, const Changes& changes) {
  mail::Envelope envelope = entry.envelope();
  std::vector<Event> events;
  const auto note = [&](const char* what, const std::string& now, const std::string& was) {
    events.push_back(Event("readdressed", Severity::notice)
                         .with("id", entry.id())
                         .with(what, in_brackets(now))
                         .with("was", in_brackets(was)));
  };
  if (changes.reverse_path && *changes.reverse_path != envelope.reverse_path)
    note("from", *changes.reverse_path,
         std::exchange(envelope.reverse_path, *changes.reverse_path));
  for (const auto& [old, now] : changes.recipients) {
    auto& recipients = envelope.recipients;
    const auto called = [&recipients](const std::string& name) {
      return std::find_if(recipients.begin(), recipients.end(),
                          [&](const auto& one) { return equal_ignoring_case(one.address, name); });
    };
    const auto left = [&](const auto& one) {
      return one != recipients.end() &&
             progress.status[static_cast<std::size_t>(one - recipients.begin())] != kDone;
    };
    const auto found = called(old), there = called(now);
    if (found == recipients.end() && left(there)) continue;  // since a crash
    if (!left(found))
      return failure(Error::Kind::rejected,
                     in_brackets(old) + " is none of the recipients that it is still for");
    if (there != recipients.end() && there != found)
      return failure(Error::Kind::rejected, in_brackets(now) + " is one of the recipients already");
    note("to", now, found->address);
    replace(*found, now);
  }
  if (const auto checked = checked_envelope(envelope); !checked)
    return failure(Error::Kind::rejected, checked.error().text);
  entry.head_.envelope = std::move(envelope);
  for (Event& event : events) (*log_)(std::move(event));
  return {};
}

Result<> Queue::release(const std::string& id, const Changes& changes) {
  auto found = open_in({&folders_.held, &folders_.failed}, id);
  if (!found) return failure(found.error());
  Entry& entry = found->entry;
  Progress next = entry.own_progress();
  std::replace(next.status.begin(), next.status.end(), kFailed, kToDo);
  if (!changes.empty()) {
    if (auto readdressed = readdress(entry, next, changes); !readdressed) return readdressed;
  }
  const bool as_it_is =
      entry.own() && changes.empty() && next.status == entry.progress().status && next.held.empty();
  next.held.clear();
  std::erase_if(next.replies,
                [&](const Reply& reply) { return next.status[reply.recipient] == kToDo; });
  if (owed(next, entry.envelope()).empty()) next.notification.clear();
  if (!as_it_is) {
    if (auto kept = rewrite(*found->folder, entry, std::move(next)); !kept) return kept;
  }
  return move(id, *found->folder, folders_.cur);
}

Result<> Queue::give_up(const std::string& id, const std::string& reply) {
  auto found = open_in({&folders_.cur, &folders_.held, &folders_.failed}, id);
  if (!found) return failure(found.error());
  Entry& entry = found->entry;
  Progress next = entry.own_progress();
  if (!next.digest_of.empty() && next.status.find(kDone) == std::string::npos) {
    return failure(Error::Kind::rejected, "it is a digest; bounce the messages that it stands for");
  }
  std::map<std::size_t, Reply> replies;
  for (Reply& known : next.replies) replies[known.recipient] = std::move(known);
  bool anybody = false;
  for (std::size_t i = 0; i < next.status.size(); ++i) {
    char& octet = next.status[i];
    const bool open = is_open(static_cast<RecipientStatus>(octet));
    if (!open && octet != kFailed) continue;
    const bool told = mail::wants_report(entry.envelope(), entry.envelope().recipients[i],
                                         mail::DsnAction::failed);
    octet = told ? kFailed : kDone;
    if (!told) replies.erase(i);
    else if (open) replies[i] = {i, reply};
    anybody |= told;
  }
  if (!anybody)
    return failure(Error::Kind::rejected,
                   "nobody would be told; mailchute queue remove takes it out without");
  next.replies.clear();
  for (auto& [recipient, known] : replies) next.replies.push_back(std::move(known));
  next.held.clear();
  next.notification = new_queue_id();
  if (auto kept = rewrite(*found->folder, entry, std::move(next)); !kept) return kept;
  return found->folder == &folders_.cur ? Result<>() : move(id, *found->folder, folders_.cur);
}

Result<> Queue::discard(const std::string& id) {
  if (!is_queue_id(id)) return no_entry(id);
  for (const auto* folder : {&folders_.cur, &folders_.held, &folders_.failed}) {
    const int error = sys::remove_name(folder->get(), id);
    if (error == ENOENT) continue;
    if (error != 0) return failure(Error::from_errno("remove", id, error));
    sys::remove_name(folders_.info.get(), id);
    changed_.insert(folder->get());
    ++unsynced_;
    return {};
  }
  return no_entry(id);
}

}  // namespace mailchute::queue
