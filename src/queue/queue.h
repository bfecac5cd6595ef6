// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's side of the queue: adopts what submitters dropped, hands out entries, records
// outcomes as facts on disk, moves entries between the folders of layout.h. One process at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "queue/entry.h"
#include "queue/format.h"
#include "sys/unique_fd.h"

namespace mailchute::queue {

struct Outcome {
  std::size_t recipient;
  RecipientStatus status;
  std::string reply;  // for failed: kept with the entry
};

// Where record() left the entry.
enum class Disposition { removed, waiting, failed };

// What is only worth knowing; may be lost without harm.
struct RetryInfo {
  unsigned attempts = 0;
  Time last_attempt{};
  Time next_try{};
  std::string reason;  // last reply or error, one line
};

struct Adopted {
  std::string id;
  std::uint32_t owner;
};

class Queue {
 public:
  struct Options {
    std::string directory;
    std::uint64_t size_limit;       // octets of a message; larger junk in new/ is removed
    Seconds tmp_lifetime{86400};    // by ctime, which nobody can set
  };

  // Takes the lock, checks owner, mode and sysctl fs.protected_hardlinks, removes leftovers.
  static Result<Queue> open(Options options, Log& log);

  // new/ -> cur/, at most `limit` entries. What is no entry is removed or left alone as DESIGN says
  // in "Adoption", and logged. A second call goes on where the first one stopped.
  Result<std::vector<Adopted>> adopt(std::size_t limit);
  // True when the last adopt() left something for later (limit reached, or a lease held it back).
  bool more_to_adopt() const;

  // Every id in cur/.
  Result<std::vector<std::string>> ids() const;

  // Opens and checks cur/ID completely. An error of kind data: the entry is damaged and was moved
  // to failed/ (the daemon's own) or removed (a submitter's that never was whole); ENOENT is
  // `unavailable`.
  Result<Entry> load(const std::string& id);

  // Makes outcomes durable before it returns, apart from the removal of a finished entry, which
  // sync() makes durable.
  Result<Disposition> record(Entry& entry, std::span<const Outcome> outcomes);
  // cur/ID -> held/ID with the reason; durable.
  Result<> hold(Entry& entry, const std::string& reason);
  // held/ID or failed/ID -> cur/ID with failed recipients to do again; durable.
  Result<> release(const std::string& id);

  Result<> sync();
  std::size_t unsynced() const { return unsynced_; }

  void save_info(const std::string& id, const RetryInfo& info);
  RetryInfo load_info(const std::string& id) const;

  // Path of new/, to be watched.
  std::string drop_folder() const;
  // Descriptor of the lock, to be kept open by whoever stands for the daemon.
  int lock() const { return lock_.get(); }

 private:
  Queue() = default;
  // ... the implementer's
  std::size_t unsynced_ = 0;
  sys::UniqueFd lock_;
};

}  // namespace mailchute::queue
