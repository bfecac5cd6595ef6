// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker has in hand, in memory that it shares with its keeper: it outlives a worker that
// dies, and is told to the next one. Writing costs no system call. One process writes; others may
// read at any time, also after a SIGKILL between any two instructions: they see each message as it
// was before or after the call that was under way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sys/shared_memory.h"

namespace mailchute::relay {

class Board {
 public:
  struct InHand {
    std::string id;
    bool sent;  // the final dot has left: without a reply it is possibly delivered
  };

  // Before the fork: what is written in one process is seen in the other.
  static Result<Board> create();

  // In a transaction from now on; twice is once. Beyond 256 messages nothing is remembered.
  void take(std::string_view id);
  void sent(std::string_view id);
  void drop(std::string_view id);
  std::vector<InHand> in_hand() const;

  // What the code works on right now (loads, encodes, judges): if it crashes, that is the suspect.
  // They nest; `board` outlives it.
  class Touch {
   public:
    Touch(Board& board, std::string_view id);
    ~Touch();
    Touch(const Touch&) = delete;

   private:
    Board& board_;
  };
  // Of the innermost Touch; empty when nothing is touched.
  std::string current() const;

 private:
  struct Shared;
  explicit Board(sys::SharedMemory memory) : memory_(std::move(memory)) {}
  Shared& shared() const;

  sys::SharedMemory memory_;
};

}  // namespace mailchute::relay
