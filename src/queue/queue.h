// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's side of the queue: adopts what submitters dropped, hands out entries, records
// outcomes as facts on disk, moves entries between the folders of layout.h. One process at a time,
// or several that never touch the same entry.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "queue/adoption.h"
#include "queue/dead_letters.h"
#include "queue/entry.h"
#include "queue/folders.h"
#include "queue/format.h"
#include "queue/own_entry_writer.h"
#include "queue/retry_info.h"
#include "sys/unique_fd.h"

namespace mailchute::queue {

struct Outcome {
  std::size_t recipient;
  RecipientStatus status;  // relayed only where the sender wants to hear of it
  std::string
      reply{};  // with `host` (Reply::host) kept in the entry as long as somebody is to be told
  std::string host{};
};

// What an administrator puts in place of what was submitted.
struct Changes {
  std::optional<std::string> reverse_path{};
  struct Recipient {
    std::string old, now;
  };
  std::vector<Recipient> recipients{};
  bool empty() const { return !reverse_path && recipients.empty(); }
};

// Where the entry is now.
enum class Disposition {
  removed,  // nowhere
  waiting,  // in cur/: somebody is to be served
  owed,     // in cur/: see Entry::owed(); call told() or untold() before anything else
  failed,   // in failed/: nothing is left to do, and nobody was told of all of it
};

class Queue {
 public:
  struct Options {
    std::string directory;
    std::optional<std::uint64_t> size_limit;  // octets of a message; what is larger goes to failed/
    Seconds tmp_lifetime{86400};              // by ctime, which nobody can set
    DeadLetterLimits dead_letters{};
    bool drop_open = true;  // else nobody can add to tmp/ and new/
    bool shared = false;    // another process is still at work there
    Examining examining{};  // of what submitters wrote
  };

  // Checks owner, mode and sysctl fs.protected_hardlinks, makes missing folders, removes leftovers
  // unless others may be at work on them. Wrong owner or mode is an error of kind config with the
  // command that mends it. Whoever opens it has the lock (folders.h).
  static Result<Queue> open(Options options, Log& log);

  // new/ -> cur/, at most `limit` entries. What is no entry is removed or left alone as DESIGN says
  // in "Adoption", and logged. A second call goes on where the first one stopped.
  Result<std::vector<Adopted>> adopt(std::size_t limit);
  // True when the last adopt() left something for later: call again at once if it adopted anything,
  // in a second if not (a lease holds a file back, for 45 seconds at most).
  bool more_to_adopt() const { return adoption_.more(); }

  // An entry of the daemon's own: made here, written, finished, and committed to cur/. The commit
  // is durable after sync(). An id that cur/, held/ or failed/ has, or somebody else's file in
  // new/, is an error of kind `rejected`: who hands the same entry in once more has it queued
  // already. The queue outlives the writer.
  Result<OwnEntryWriter> create(std::string id, std::uint32_t owner);
  Result<> commit(OwnEntryWriter& writer);
  // Undoes a commit that could not be made durable.
  void take_back(const OwnEntryWriter& writer);
  // Whether cur/, held/ or failed/ has this id.
  bool has(const std::string& id) const;
  // Whether it is still to be delivered: in cur/ or held/. Nothing: that cannot be told now.
  std::optional<bool> waits(const std::string& id) const;
  // Whose the entry in cur/, held/ or failed/ is; nothing if there is none.
  std::optional<std::uint32_t> owner_of(const std::string& id) const;

  // Every id in cur/.
  Result<std::vector<std::string>> ids() const;

  // Opens and checks cur/ID completely. An error of kind data: it is damaged and was moved to
  // failed/ (somebody may have been told that it was queued), or is nothing that a submitter's
  // front end makes and was removed; either is logged. Temporary: try later. `unavailable`: it is
  // not there, or a crash had left it finished or held and it was moved on now.
  Result<Entry> load(const std::string& id);

  // Makes outcomes durable before it returns, apart from the removal of a finished entry, which
  // sync() makes durable. A recipient that is done or failed stays so, and one that is possibly
  // delivered stays so until it is done or failed. A to_do is worth recording, too: a submitter's
  // file is copied then. Where the message is `late`, the delay notice is owed, unless it is
  // already or nobody wants it. Where a digest is delivered, to one recipient at least, and nobody
  // is left to do, its originals leave the queue before it does; where it failed for all it leaves
  // alone, and nobody is told. Where one of them is to be told of, the entry gets a new id for the
  // notification. After an error the entry is as it was, and on disk as it was or as it should be.
  Result<Disposition> record(Entry& entry, std::span<const Outcome> outcomes, bool late = false);
  // The notification of what was owed has been committed: it is made durable, and then that nothing
  // is owed any more.
  Result<Disposition> told(Entry& entry);
  // No notification can ever be queued: it stays owed. Not `owed`, and an entry that is `waiting`
  // may be told() another time.
  Result<Disposition> untold(const Entry& entry);
  // cur/ID -> held/ID with the reason; durable. The entry object is of no further use.
  Result<> hold(Entry& entry, const std::string& reason);

  // What administrators do (queue_administration.cc). It is durable after sync(), all or nothing
  // before. Kind `unavailable`: there is no such entry.
  //
  // cur/ID -> held/ID without a look into it; the reason, and by whom, is only worth knowing.
  enum class By { daemon, hand };
  Result<> set_aside(const std::string& id, const std::string& reason, By by = By::daemon);
  // held/ID or failed/ID -> cur/ID with failed recipients to do again. What is changed is logged as
  // it was; what a crash has left changed is not changed again. Kind `rejected`: it cannot be
  // changed so.
  Result<> release(const std::string& id, const Changes& changes = {});
  // Whoever is to do, or has failed, fails with this reply if the sender is to be told, and is done
  // if not: it is in cur/, and owed. Nothing is owed before, where it is in cur/. `rejected`:
  // nobody would be told, as with a digest that nobody has got.
  Result<> give_up(const std::string& id, const std::string& reply);
  // Out of cur/, held/ or failed/, for good.
  Result<> discard(const std::string& id);

  Result<> sync();
  std::size_t unsynced() const { return unsynced_; }

  void save_info(const std::string& id, const RetryInfo& info);
  RetryInfo load_info(const std::string& id) const;

  // The owner of what is its own.
  std::uint32_t daemon() const { return folders_.daemon; }
  // Path of new/, to be watched.
  std::string drop_folder() const;

 private:
  Queue() = default;
  // A submitter can make his file grow as long as he holds it open, so the limit holds in cur/,
  // too; what an administrator puts back has none.
  static tl::unexpected<Error> no_entry(const std::string& id);
  Terms limited() const;
  Terms unlimited() const;
  void keep_up();
  bool dropped_by_another(const std::string& id, std::uint32_t owner) const;
  Error refused(const std::string& id, const Refusal& refusal);

  struct Found {
    const sys::UniqueFd* folder;
    Entry entry;
  };
  Result<Found> open_in(std::initializer_list<const sys::UniqueFd*> folders,
                        const std::string& id) const;
  Result<> readdress(Entry& entry, const Progress& progress, const Changes& changes);

  Result<> keep(Entry& entry, Progress next);
  Result<> change_status(Entry& entry, const std::string& status);
  Result<> rewrite(const sys::UniqueFd& folder, Entry& entry, Progress next);
  Result<> move(const std::string& id, const sys::UniqueFd& from, const sys::UniqueFd& to);
  Result<Disposition> remove(const Entry& entry);
  Result<Disposition> settle(const Entry& entry);
  Result<> remove_originals(const Entry& digest);

  Options options_;
  Log* log_ = nullptr;
  Folders folders_;
  Adoption adoption_;
  DeadLetters dead_letters_;
  Instant last_upkeep_{};
  std::size_t unsynced_ = 0;
  std::set<int> changed_;  // descriptors of folders that sync() has to sync
};

}  // namespace mailchute::queue
