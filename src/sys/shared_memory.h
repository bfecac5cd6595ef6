// SPDX-License-Identifier: GPL-3.0-or-later
// Memory that a process shares with the children it makes afterwards, zero at first. It has no
// name, and outlives each process that wrote to it as long as another has it.
#pragma once

#include <cstddef>
#include <memory>

#include "base/error.h"

namespace mailchute::sys {

class SharedMemory {
 public:
  static Result<SharedMemory> create(std::size_t size);
  void* data() const { return memory_.get(); }

 private:
  struct Unmap {
    std::size_t size;
    void operator()(void* memory) const;
  };
  SharedMemory(void* memory, std::size_t size) : memory_(memory, Unmap{size}) {}
  std::unique_ptr<void, Unmap> memory_;
};

}  // namespace mailchute::sys
