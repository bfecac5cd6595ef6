// SPDX-License-Identifier: GPL-3.0-or-later
// What became of messages, as facts on disk.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>

#include "mail/dsn.h"
#include "queue/layout.h"
#include "queue/queue.h"
#include "queue/queue_id.h"
#include "sys/directory.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

constexpr std::size_t kCopyBuffer = 64 << 10;

bool somebody_got_it(const std::string& status) { return status.find('+') != std::string::npos; }

bool all_done(const std::string& status) {
  return status.find_first_not_of('+') == std::string::npos;
}

bool none_failed(const std::string& status) { return status.find('!') == std::string::npos; }

// One of those that the notice would be about.
bool wants_delay_notice(const mail::Envelope& envelope, const std::string& status) {
  for (std::size_t i = 0; i < status.size(); ++i) {
    const bool open = is_open(static_cast<RecipientStatus>(status[i]));
    if (open && mail::wants_report(envelope, envelope.recipients[i], mail::DsnAction::delayed))
      return true;
  }
  return false;
}

// Of the failed, and of who is to be told of.
void keep_replies(Progress& progress, const mail::Envelope& envelope, std::vector<Reply> news) {
  std::map<std::size_t, Reply> replies;
  for (Reply& reply : progress.replies) replies[reply.recipient] = std::move(reply);
  const auto owes = owed(progress, envelope);
  for (Reply& reply : news) {
    const bool failed =
        progress.status[reply.recipient] == static_cast<char>(RecipientStatus::failed);
    const bool told_of = std::binary_search(owes.begin(), owes.end(), reply.recipient);
    if (failed || told_of) replies[reply.recipient] = std::move(reply);
  }
  progress.replies.clear();
  for (auto& [recipient, reply] : replies) progress.replies.push_back(std::move(reply));
}

// The progress after these outcomes.
Result<Progress> applied(const Entry& entry, std::span<const Outcome> outcomes, bool late) {
  const mail::Envelope& envelope = entry.envelope();
  Progress next = entry.own_progress();
  const bool owed_before = !owed(next, envelope).empty();
  std::vector<Reply> news;
  for (const auto& [recipient, status, reply, host] : outcomes) {
    if (recipient >= next.status.size()) {
      return failure(Error::Kind::system, entry.id() + ": outcome for no recipient");
    }
    if (!is_open(static_cast<RecipientStatus>(next.status[recipient]))) continue;
    if (status != RecipientStatus::to_do) next.status[recipient] = static_cast<char>(status);
    news.push_back({recipient, reply, host});
  }
  if (late && next.delay == DelayNotice::none && wants_delay_notice(envelope, next.status)) {
    next.delay = DelayNotice::owed;
  }
  keep_replies(next, envelope, std::move(news));
  if (!owed_before && !owed(next, envelope).empty()) next.notification = new_queue_id();
  return next;
}

Result<> copy_message(const Entry& entry, EntryFile& file) {
  Entry::Reader reader(entry);
  for (;;) {
    const auto piece = reader.next();
    if (!piece) return failure(piece.error());
    if (piece->empty()) return {};
    if (auto written = file.write(*piece); !written) return written;
  }
}

}  // namespace

Result<Disposition> Queue::record(Entry& entry, std::span<const Outcome> outcomes, bool late) {
  if (outcomes.empty()) return Disposition::waiting;
  auto next = applied(entry, outcomes, late);
  if (!next) return failure(std::move(next.error()));
  if (all_done(next->status) && next->digest_of.empty()) return remove(entry);
  if (auto kept = keep(entry, std::move(*next)); !kept) return failure(std::move(kept.error()));
  if (!entry.owed().empty()) return Disposition::owed;
  return untold(entry);
}

Result<Disposition> Queue::told(Entry& entry) {
  Progress next = entry.progress();
  const auto open = [&](std::size_t i) {
    return is_open(static_cast<RecipientStatus>(next.status[i]));
  };
  for (const std::size_t i : entry.owed()) {
    if (!open(i)) next.status[i] = static_cast<char>(RecipientStatus::done);
  }
  if (next.delay == DelayNotice::owed) {
    next.delay = DelayNotice::told;
    std::erase_if(next.replies, [&](const Reply& reply) { return open(reply.recipient); });
  }
  auto done = sys::sync(folders_.cur.get(), options_.directory);
  if (done) done = keep(entry, std::move(next));
  if (!done) return failure(std::move(done.error()));
  return untold(entry);
}

Result<Disposition> Queue::untold(const Entry& entry) {
  return has_open(entry.progress().status) ? Disposition::waiting : settle(entry);
}

// Makes `next` durable in cur/, with as little writing as it takes.
Result<> Queue::keep(Entry& entry, Progress next) {
  const auto& now = entry.progress();
  const bool lines = next.replies != now.replies || next.delay != now.delay ||
                     next.held != now.held || next.notification != now.notification;
  if (!entry.own() || lines) {
    return rewrite(folders_.cur, entry, std::move(next));
  }
  return change_status(entry, next.status);
}

// In place: each octet is the old or the new one whenever the power fails.
Result<> Queue::change_status(Entry& entry, const std::string& status) {
  const auto& before = entry.progress().status;
  if (status == before) return {};
  if (entry.readdressed_) {
    Progress next = entry.progress();
    next.status = status;
    return rewrite(folders_.cur, entry, std::move(next));
  }
  const auto first = std::mismatch(before.begin(), before.end(), status.begin()).first;
  const auto last = std::mismatch(before.rbegin(), before.rend(), status.rbegin()).first.base();
  const auto begin = static_cast<std::size_t>(first - before.begin());
  const auto count = static_cast<std::size_t>(last - first);
  const auto file = sys::open_beneath(folders_.cur.get(), entry.id(), O_WRONLY);
  if (!file) return failure(Error::from_errno("open", entry.id(), file.error()));
  auto written = sys::write_all_at(file->get(), std::string_view(status).substr(begin, count),
                                   entry.head_.status_offset + begin, entry.id());
  if (written) written = sys::sync_data(file->get(), entry.id());
  if (written) entry.head_.progress.status = status;
  return written;
}

// A file of the daemon's own takes the entry's place in `folder`.
Result<> Queue::rewrite(const sys::UniqueFd& folder, Entry& entry, Progress next) {
  const auto& id = entry.id();
  const int work = folders_.work.get();
  sys::remove_name(work, id);
  auto file = EntryFile::create(work, id, kOwnFileMode, kCopyBuffer);
  if (!file) return failure(std::move(file.error()));
  if (auto begun = file->begin(entry.envelope(), next); !begun) return begun;
  if (auto copied = copy_message(entry, *file); !copied) return copied;
  const auto sum = file->finish();
  if (!sum) return failure(sum.error());
  if (::renameat(work, id.c_str(), folder.get(), id.c_str()) < 0) {
    return failure(Error::from_errno("rename", id));
  }
  entry.head_.progress = std::move(next);
  entry.head_.envelope_offset = file->envelope_offset();
  entry.head_.message_offset = file->message_offset();
  entry.head_.digest = sum->digest;
  entry.envelope_text_ = format_envelope(entry.envelope());
  entry.readdressed_ = false;
  entry.file_ = file->release();
  return sys::sync(folder.get(), id);
}

Result<> Queue::hold(Entry& entry, const std::string& reason) {
  Progress next = entry.own_progress();
  next.held = reason.empty() ? "held" : reason;
  if (auto kept = keep(entry, std::move(next)); !kept) return kept;
  if (RetryInfo info = load_info(entry.id()); std::exchange(info.by_hand, false))
    save_info(entry.id(), info);
  return move(entry.id(), folders_.cur, folders_.held);
}

Result<Disposition> Queue::remove(const Entry& entry) {
  const int error = sys::remove_name(folders_.cur.get(), entry.id());
  if (error != 0 && error != ENOENT) {
    return failure(Error::from_errno("remove", entry.id(), error));
  }
  sys::remove_name(folders_.info.get(), entry.id());
  changed_.insert(folders_.cur.get());
  ++unsynced_;
  return Disposition::removed;
}

// Nothing left to do. The file says so already, so the move need not be durable at once: load()
// makes up for it.
Result<Disposition> Queue::settle(const Entry& entry) {
  const Progress& progress = entry.progress();
  if (!progress.digest_of.empty()) {
    if (!somebody_got_it(progress.status)) return remove(entry);
    if (auto removed = remove_originals(entry); !removed)
      return failure(std::move(removed.error()));
  }
  if (none_failed(progress.status)) return remove(entry);
  if (auto moved = move(entry.id(), folders_.cur, folders_.failed); !moved) {
    return failure(std::move(moved.error()));
  }
  ++unsynced_;
  return Disposition::failed;
}

// For good, before the digest leaves that says that they may not be sent.
Result<> Queue::remove_originals(const Entry& digest) {
  for (const std::string& id : digest.progress().digest_of) {
    for (const auto* folder : {&folders_.cur, &folders_.held}) {
      const int error = sys::remove_name(folder->get(), id);
      if (error != 0 && error != ENOENT) return failure(Error::from_errno("remove", id, error));
      if (error == 0) changed_.insert(folder->get());
    }
    sys::remove_name(folders_.info.get(), id);
  }
  return sync();
}

}  // namespace mailchute::queue
