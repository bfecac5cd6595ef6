// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/queue.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>

#include "base/text.h"
#include "mail/dsn.h"
#include "queue/layout.h"
#include "queue/queue_id.h"
#include "queue/retry_info.h"
#include "sys/clock.h"
#include "sys/directory.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

constexpr Milliseconds kUpkeep = std::chrono::hours(1);
constexpr std::size_t kCopyBuffer = 64 << 10;

bool has_open(const std::string& status) { return status.find_first_of("-?") != std::string::npos; }

bool somebody_got_it(const std::string& status) { return status.find('+') != std::string::npos; }

bool all_done(const std::string& status) {
  return status.find_first_not_of('+') == std::string::npos;
}

bool none_failed(const std::string& status) { return status.find('!') == std::string::npos; }

tl::unexpected<Error> taken(const std::string& id) {
  return failure(Error::Kind::rejected, id + ": there is an entry with this id");
}

// One of those that the notice would be about.
bool wants_delay_notice(const mail::Envelope& envelope, const std::string& status) {
  for (std::size_t i = 0; i < status.size(); ++i) {
    const bool open = is_open(static_cast<RecipientStatus>(status[i]));
    if (open && mail::wants_report(envelope, envelope.recipients[i], mail::DsnAction::delayed)) return true;
  }
  return false;
}

// Of the failed, and of who is to be told of.
void keep_replies(Progress& progress, const mail::Envelope& envelope, std::vector<Reply> news) {
  std::map<std::size_t, Reply> replies;
  for (Reply& reply : progress.replies) replies[reply.recipient] = std::move(reply);
  const auto owes = owed(progress, envelope);
  for (Reply& reply : news) {
    const bool failed = progress.status[reply.recipient] == static_cast<char>(RecipientStatus::failed);
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

Result<Queue> Queue::open(Options options, Log& log) {
  prepare_digests();
  auto folders = open_folders(options.directory, log, options.drop_open);
  if (!folders) return failure(std::move(folders.error()));
  Queue queue;
  queue.options_ = std::move(options);
  queue.log_ = &log;
  queue.folders_ = std::move(*folders);
  queue.dead_letters_ = DeadLetters(queue.options_.dead_letters);
  if (queue.options_.shared) {
    queue.last_upkeep_ = sys::boot_now() - 2 * kUpkeep;  // due with the first look for new mail
    return queue;
  }
  remove_leftovers(queue.folders_);
  queue.keep_up();
  return queue;
}

tl::unexpected<Error> Queue::no_entry(const std::string& id) {
  return failure(Error::Kind::unavailable, "no entry " + escaped(id) + " in the queue");
}

Terms Queue::unlimited() const { return {folders_.daemon, folders_.group, std::nullopt}; }

Terms Queue::limited() const { return {folders_.daemon, folders_.group, options_.size_limit}; }

void Queue::keep_up() {
  last_upkeep_ = sys::boot_now();
  remove_old_drafts(folders_, options_.tmp_lifetime, sys::now());
  if (replace_grown(folders_, *log_)) adoption_.start_over();
  dead_letters_.keep_up(folders_, sys::now(), *log_);
}

Result<std::vector<Adopted>> Queue::adopt(std::size_t limit) {
  if (sys::boot_now() - last_upkeep_ > kUpkeep) keep_up();
  Terms submitted = limited();
  submitted.submitted_only = true;
  return adoption_.run(folders_, submitted, limit, options_.examining, *log_);
}

Result<std::vector<std::string>> Queue::ids() const {
  auto names = sys::names_in(folders_.cur.get(), ".");
  if (names) std::erase_if(*names, [](const std::string& name) { return !is_queue_id(name); });
  return names;
}

Result<Entry> Queue::load(const std::string& id) {
  if (!is_queue_id(id)) return no_entry(id);
  auto entry = Entry::open(folders_.cur.get(), id, limited());
  if (!entry) return failure(refused(id, entry.error()));
  const bool held = !entry->progress().held.empty();
  const bool unfinished = has_open(entry->progress().status) || !entry->owed().empty();
  if (!entry->own() || (!held && unfinished)) return std::move(*entry);
  // A crash came between the last record and the move.
  const auto moved =
      held ? move(id, folders_.cur, folders_.held) : settle(*entry).map([](Disposition) {});
  if (!moved) return failure(moved.error());
  return no_entry(id);
}

Error Queue::refused(const std::string& id, const Refusal& refusal) {
  const auto& [kind, reason, owner] = refusal;
  if (kind == Refusal::Kind::gone) return no_entry(id).value();
  if (kind == Refusal::Kind::later) return Error{Error::Kind::temporary, reason};
  const bool keep = kind == Refusal::Kind::damaged || kind == Refusal::Kind::too_large;
  if (!keep || !move(id, folders_.cur, folders_.failed)) {
    if (sys::remove_name(folders_.cur.get(), id) != 0) {
      sys::rename_to_free_name(folders_.cur.get(), id, folders_.work.get(), id);
    }
    changed_.insert(folders_.cur.get());
  }
  (*log_)(Event(keep ? "damaged" : "junk", keep ? Severity::error : Severity::warning)
              .with("id", id)
              .with("uid", owner)
              .with("reason", reason));
  return Error{Error::Kind::data, id + ": " + reason};
}

bool Queue::has(const std::string& id) const {
  const auto in = [&](const sys::UniqueFd& folder) { return sys::exists(folder.get(), id); };
  return in(folders_.cur) || in(folders_.held) || in(folders_.failed);
}

std::optional<bool> Queue::waits(const std::string& id) const {
  for (const auto* folder : {&folders_.cur, &folders_.held}) {
    struct stat status {};
    if (::fstatat(folder->get(), id.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return true;
    if (errno != ENOENT) return std::nullopt;
  }
  return false;
}

// Else his file would be taken for a second one with this id, and removed.
bool Queue::dropped_by_another(const std::string& id, std::uint32_t owner) const {
  struct stat status {};
  const int found = ::fstatat(folders_.fresh.get(), id.c_str(), &status, AT_SYMLINK_NOFOLLOW);
  return found == 0 && status.st_uid != owner;
}

std::optional<std::uint32_t> Queue::owner_of(const std::string& id) const {
  if (!is_queue_id(id)) return std::nullopt;
  for (const auto* folder : {&folders_.cur, &folders_.held, &folders_.failed}) {
    const auto file = sys::open_beneath(folder->get(), id, O_RDONLY);
    const auto status = file ? sys::status_of(file->get(), id) : failure(Error::Kind::create, id);
    if (!status) continue;
    if (status->st_uid != folders_.daemon) return status->st_uid;
    std::string start;
    const auto head = read_head(file->get(), static_cast<std::uint64_t>(status->st_size), id, start);
    if (!head) return std::nullopt;
    return head->progress.status.empty() ? status->st_uid : head->progress.owner;
  }
  return std::nullopt;
}

Result<OwnEntryWriter> Queue::create(std::string id, std::uint32_t owner) {
  if (!is_queue_id(id))
    return failure(Error::Kind::data, "no queue id: " + escaped(id.substr(0, 80)));
  if (has(id) || dropped_by_another(id, owner)) return taken(id);
  return OwnEntryWriter::create(folders_.work.get(), std::move(id), owner);
}

Result<> Queue::commit(OwnEntryWriter& writer) {
  const auto& id = writer.id();
  if (!writer.finished_) return failure(Error::Kind::system, id + ": is not finished");
  if (has(id) || dropped_by_another(id, writer.owner_)) return taken(id);
  const int error = sys::rename_to_free_name(folders_.work.get(), id, folders_.cur.get(), id);
  if (error == EEXIST) return taken(id);
  if (error != 0) return failure(Error::from_errno("move", id, error));
  writer.file_.keep();
  changed_.insert(folders_.cur.get());
  ++unsynced_;
  return {};
}

void Queue::take_back(const OwnEntryWriter& writer) {
  sys::remove_name(folders_.cur.get(), writer.id());
  changed_.insert(folders_.cur.get());
}

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
  const auto open = [&](std::size_t i) { return is_open(static_cast<RecipientStatus>(next.status[i])); };
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
  const bool lines = next.replies != now.replies || next.delay != now.delay || next.held != now.held ||
                     next.notification != now.notification;
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

Result<> Queue::move(const std::string& id, const sys::UniqueFd& from, const sys::UniqueFd& to) {
  const int error = sys::rename_to_free_name(from.get(), id, to.get(), id);
  if (error != 0) return failure(Error::from_errno("move", id, error));
  sys::remove_name(folders_.info.get(), id);
  changed_.insert({from.get(), to.get()});
  if (&to == &folders_.failed) dead_letters_.add(folders_, id, sys::now(), *log_);
  return {};
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
    if (auto removed = remove_originals(entry); !removed) return failure(std::move(removed.error()));
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

Result<> Queue::hold(Entry& entry, const std::string& reason) {
  Progress next = entry.own_progress();
  next.held = reason.empty() ? "held" : reason;
  if (auto kept = keep(entry, std::move(next)); !kept) return kept;
  return move(entry.id(), folders_.cur, folders_.held);
}

Result<> Queue::sync() {
  for (auto folder = changed_.begin(); folder != changed_.end(); folder = changed_.erase(folder)) {
    if (auto synced = sys::sync(*folder, options_.directory); !synced) return synced;
  }
  unsynced_ = 0;
  return {};
}

void Queue::save_info(const std::string& id, const RetryInfo& info) {
  const auto saved =
      sys::replace_file(folders_.info.get(), id, format_retry_info(info), kOwnFileMode, false);
  if (saved) return;
  (*log_)(Event("unsaved", Severity::warning).with("id", id).with("reason", saved.error().text));
}

RetryInfo Queue::load_info(const std::string& id) const {
  return read_retry_info(folders_.info.get(), id);
}

std::string Queue::drop_folder() const { return options_.directory + "/" + kNew; }

}  // namespace mailchute::queue
