// SPDX-License-Identifier: GPL-3.0-or-later
// Tells that something new may lie in one folder (inotify(7)). Only that: whoever is told looks for
// himself, so a lost event, an overflow or a folder replaced by a fresh one costs nothing but a
// look.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "sys/unique_fd.h"

namespace mailchute::sys {

class FolderWatch {
 public:
  // Names that are moved into the folder, or created there and closed; with `departures` also those
  // that leave it.
  static Result<FolderWatch> open(std::string path, bool departures = false);

  // Readable when there is something to drain; never blocks.
  int fd() const { return fd_.get(); }

  // Takes all events at once. True: look into the folder. When the folder itself went away the one
  // that has its name now is watched instead; an error says that there is none.
  Result<bool> drain();

 private:
  FolderWatch(UniqueFd fd, std::string path, std::uint32_t events)
      : fd_(std::move(fd)), path_(std::move(path)), events_(events) {}
  Result<> watch();

  UniqueFd fd_;
  std::string path_;
  std::uint32_t events_;
};

}  // namespace mailchute::sys
