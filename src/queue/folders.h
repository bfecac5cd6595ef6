// SPDX-License-Identifier: GPL-3.0-or-later
// The folders of layout.h, open and fit for use: made where they are missing, refused where owner
// or mode would let others do what only the daemon may. And the lock that makes one daemon theirs.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "sys/unique_fd.h"

namespace mailchute::queue {

struct Folders {
  sys::UniqueFd queue, tmp, fresh, cur, held, failed, work, info;  // `fresh` is new/
  uid_t daemon = 0;
  gid_t group = 0;  // of new/
  bool drop_open = true;
};

inline constexpr char kProtectedHardlinks[] = "/proc/sys/fs/protected_hardlinks";

// For this process and the children it makes, until the last of them has closed it. A holder that
// has died, but whose children still finish their work, is waited for. In use: `unavailable`.
Result<sys::UniqueFd> lock(const std::string& directory, Milliseconds patience);

// Whoever opens them has the lock. With a drop directory that is closed, tmp/ and new/ are private;
// changing this changes their mode.
Result<Folders> open_folders(const std::string& directory, Log& log, bool drop_open = true,
                             const std::string& hardlinks_setting = kProtectedHardlinks);

// Removes what a crash left in the daemon's own folders. Only while no other process works there.
void remove_leftovers(const Folders& folders);

// Removes what submitters left in tmp/ longer than `lifetime` ago.
void remove_old_drafts(const Folders& folders, Seconds lifetime, Time now);

// Replaces tmp/ and new/ by fresh ones where they are empty but have grown past `limit` octets: a
// folder never shrinks, and each look into it would read all of it. True when new/ was.
bool replace_grown(Folders& folders, Log& log, off_t limit = 16 << 20);

}  // namespace mailchute::queue
