// SPDX-License-Identifier: GPL-3.0-or-later
// Takes entries over from new/, where everybody may create names, into cur/, where only the daemon
// can: first the name is made safe (renamed where nothing else has it), then the file is opened
// without following anything, and only then believed as far as it proves to be whole.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "queue/entry.h"
#include "queue/folders.h"
#include "sys/directory.h"

namespace mailchute::queue {

struct Adopted {
  std::string id;
  std::uint32_t owner;  // kOverflowUid: nobody known
  Time time;            // as the submitter says
  bool wait_for_queue_run;
  std::uint64_t octets;  // of the message
};

// Told of each entry just before it is opened for the first time, and with an empty id
// afterwards: what is in it is not known to be harmless.
using Examining = std::function<void(std::string_view id)>;

class Adoption {
 public:
  // Goes on where the last call stopped; what arrived since is found by this or the next call.
  Result<std::vector<Adopted>> run(const Folders& folders, const Terms& terms, std::size_t limit,
                                   const Examining& examining, Log& log);
  bool more() const { return stopped_ || !waiting_.empty(); }

  // When new/ is another folder than before.
  void start_over() { names_.reset(); }

 private:
  struct Round;
  void retry_waiting(Round& round);
  void take(Round& round, const std::string& id);
  void examine(Round& round, const std::string& id);
  void ignore(Round& round, const std::string& id, std::uint32_t owner, int error);

  std::optional<sys::NameStream> names_;
  bool stopped_ = false;            // before the end of names_
  std::set<std::string> waiting_;   // already in cur/, but could not be read yet
  std::set<std::uint32_t> blamed_;  // uids whose immovable things were logged
};

}  // namespace mailchute::queue
