// SPDX-License-Identifier: GPL-3.0-or-later
// Dead letters wait in failed/ for an administrator, but not for ever: what is too old goes, and
// the oldest while there are too many; the last that came stays, however large. Nothing else ever
// removes mail of which nobody was told, so each one is logged as an error, with the setting that
// made it go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "queue/folders.h"

namespace mailchute::queue {

struct DeadLetterLimits {
  Seconds lifetime{30 * 86400};  // since it came to failed/: by ctime, which nobody can set
  std::optional<std::uint64_t> octets{100 << 20};  // of all together
};

class DeadLetters {
 public:
  explicit DeadLetters(const DeadLetterLimits& limits = {}) : limits_(limits) {}

  // The folder is read and what must go removed. To be called now and then.
  void keep_up(const Folders& folders, Time now, Log& log);
  // One more is there: keep_up() at once where that is too many.
  void add(const Folders& folders, const std::string& id, Time now, Log& log);

 private:
  bool too_many() const { return limits_.octets && octets_ > *limits_.octets; }
  DeadLetterLimits limits_;
  std::uint64_t octets_ = 0;  // as far as known
};

}  // namespace mailchute::queue
