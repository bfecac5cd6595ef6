// SPDX-License-Identifier: GPL-3.0-or-later
// Messages that only a person can help and nobody is told of: those that the daemon holds, not
// those that an administrator does, and dead letters. Up to a thousand of each are counted.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <utility>

#include "queue/view.h"

namespace mailchute::mailchuted {

class Stranded {
 public:
  struct Count {
    std::uint64_t held = 0, failed = 0;
    bool operator==(const Count&) const = default;
  };
  explicit Stranded(std::string queue_directory) : queue_directory_(std::move(queue_directory)) {}

  // Cheap as long as nothing comes or goes. What cannot be read counts as nothing: the daemon has
  // said so elsewhere.
  Count count();

 private:
  struct Shelf {
    timespec changed{};  // when it last was, if that was before it was counted, and not just then
    std::uint64_t count = 0;
  };
  void count(queue::Place place, Shelf& shelf) const;

  std::string queue_directory_;
  Shelf held_, failed_;
};

}  // namespace mailchute::mailchuted
