// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/shared_memory.h"

#include <sys/mman.h>

namespace mailchute::sys {

Result<SharedMemory> SharedMemory::create(std::size_t size) {
  void* const memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failure(Error::from_errno("allocate", "shared memory"));
  return SharedMemory(memory, size);
}

void SharedMemory::Unmap::operator()(void* memory) const { ::munmap(memory, size); }

}  // namespace mailchute::sys
