// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/adoption.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "queue/layout.h"
#include "queue/queue_id.h"

namespace mailchute::queue {
namespace {

// More uids than these get no line of their own.
constexpr std::size_t kMaxBlamed = 1000;

void report_junk(Log& log, const std::string& id, std::uint32_t owner, std::string_view reason) {
  log(Event("junk", Severity::warning).with("id", id).with("uid", owner).with("reason", reason));
}

}  // namespace

struct Adoption::Round {
  const Folders& folders;
  const Terms& terms;
  Log& log;
  const Examining& examining;
  std::size_t left;
  std::vector<Adopted> adopted;
};

Result<std::vector<Adopted>> Adoption::run(const Folders& folders, const Terms& terms,
                                           std::size_t limit, const Examining& examining,
                                           Log& log) {
  Round round{folders, terms, log, examining, limit, {}};
  // What was adopted before the trouble must be told all the same: nobody would look at it again.
  const auto interrupted = [&](Error error) -> Result<std::vector<Adopted>> {
    names_.reset();
    stopped_ = true;
    if (round.adopted.empty()) return failure(std::move(error));
    return std::move(round.adopted);
  };
  retry_waiting(round);
  if (!names_) {
    auto names = sys::NameStream::open(folders.fresh.get(), ".");
    if (!names) return interrupted(std::move(names.error()));
    names_ = std::move(*names);
    stopped_ = false;
  }
  // Only a pass that began in this call can say that nothing is left: one that was interrupted may
  // have missed what arrived in the meantime.
  bool whole_pass = !stopped_;
  if (whole_pass) names_->rewind();
  for (stopped_ = true; round.left > 0;) {
    const auto name = names_->next();
    if (is_queue_id(name)) take(round, name);
    if (!name.empty()) continue;
    if (const int error = names_->error(); error != 0) {
      return interrupted(Error::from_errno("read", kNew, error));
    }
    if (whole_pass) {
      stopped_ = false;
      break;
    }
    names_->rewind();
    whole_pass = true;
  }
  return std::move(round.adopted);
}

// A failed try counts for nothing, or who holds many leases could keep everybody else out.
void Adoption::retry_waiting(Round& round) {
  std::size_t tries = round.left;
  for (const auto& id : std::set<std::string>(waiting_)) {
    if (tries-- == 0 || round.left == 0) break;
    waiting_.erase(id);
    examine(round, id);
    round.left -= waiting_.contains(id) ? 0 : 1;
  }
}

// `left` counts what goes out of new/ only: what cannot be moved comes by in every pass.
void Adoption::take(Round& round, const std::string& id) {
  const auto& folders = round.folders;
  struct stat status {};
  if (::fstatat(folders.fresh.get(), id.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno != ENOENT) ignore(round, id, kOverflowUid, errno);
    return;
  }
  const auto remove = [&](std::string_view reason) {
    const int error = sys::remove_name(folders.fresh.get(), id);
    if (error != 0) return ignore(round, id, status.st_uid, error);
    --round.left;
    report_junk(round.log, id, status.st_uid, reason);
  };
  if (S_ISDIR(status.st_mode)) return remove("is a folder");
  const bool taken = sys::exists(folders.held.get(), id) || sys::exists(folders.failed.get(), id);
  const int error =
      taken ? EEXIST : sys::rename_to_free_name(folders.fresh.get(), id, folders.cur.get(), id);
  if (error == ENOENT) return;
  if (error == EEXIST) return remove("has the id of another entry");
  if (error != 0) return ignore(round, id, status.st_uid, error);
  --round.left;
  examine(round, id);
}

void Adoption::examine(Round& round, const std::string& id) {
  const auto& folders = round.folders;
  if (round.examining) round.examining(id);
  const auto entry = Entry::open(folders.cur.get(), id, round.terms);
  if (round.examining) round.examining({});
  if (entry) {
    const mail::Envelope& envelope = entry->envelope();
    round.adopted.push_back(
        {id, entry->owner(), envelope.time, envelope.wait_for_queue_run, entry->facts().length});
    return;
  }
  const auto& [kind, reason, owner] = entry.error();
  if (kind == Refusal::Kind::gone) return;
  if (kind == Refusal::Kind::later) {
    waiting_.insert(id);
    return;
  }
  // Somebody may have been told that it was queued, under a limit that was another then.
  if (kind == Refusal::Kind::too_large &&
      sys::rename_to_free_name(folders.cur.get(), id, folders.failed.get(), id) == 0) {
    round.log(Event("dead-letter", Severity::error)
                  .with("id", id)
                  .with("uid", owner)
                  .with("reason", reason));
    return;
  }
  // A folder with something in it, swapped in at the last moment, cannot be removed; in work/ it is
  // in nobody's way.
  if (sys::remove_name(folders.cur.get(), id) != 0) {
    sys::rename_to_free_name(folders.cur.get(), id, folders.work.get(), id);
  }
  report_junk(round.log, id, owner, reason);
}

void Adoption::ignore(Round& round, const std::string& id, std::uint32_t owner, int error) {
  if (blamed_.size() >= kMaxBlamed || !blamed_.insert(owner).second) return;
  round.log(Event("ignored", Severity::warning)
                .with("id", id)
                .with("uid", owner)
                .with("reason", Error::from_errno("move", id, error).text));
}

}  // namespace mailchute::queue
