// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/queue.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/text.h"
#include "queue/layout.h"
#include "queue/queue_id.h"
#include "queue/retry_info.h"
#include "sys/clock.h"
#include "sys/directory.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

constexpr Milliseconds kUpkeep = std::chrono::hours(1);

tl::unexpected<Error> taken(const std::string& id) {
  return failure(Error::Kind::rejected, id + ": there is an entry with this id");
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
    const auto head =
        read_head(file->get(), static_cast<std::uint64_t>(status->st_size), id, start);
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

Result<> Queue::move(const std::string& id, const sys::UniqueFd& from, const sys::UniqueFd& to) {
  const int error = sys::rename_to_free_name(from.get(), id, to.get(), id);
  if (error != 0) return failure(Error::from_errno("move", id, error));
  sys::remove_name(folders_.info.get(), id);
  changed_.insert({from.get(), to.get()});
  if (&to == &folders_.failed) dead_letters_.add(folders_, id, sys::now(), *log_);
  return {};
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
