// SPDX-License-Identifier: GPL-3.0-or-later
// Octets on their way out, in the order they were given. Sensitive ones travel alone, so that nothing
// below copies them to gather them, and are overwritten when they have been written or given up.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace mailchute::net {

class Outbox {
 public:
  Outbox() = default;
  ~Outbox() { drop(); }
  Outbox(const Outbox&) = delete;

  void add(std::string octets, bool sensitive);
  std::size_t unsent() const { return unsent_; }

  // What is added from now on waits until release().
  void hold() { holding_ = true; }
  void release();

  bool ready() const { return !waiting_.empty(); }
  bool writing() const { return !writing_.empty(); }
  // The next that may be written at once; it stays where it is until written().
  std::vector<std::string_view> next();
  void written();

  // Gives up everything. What is being written keeps its memory until written(), not its content if
  // it is sensitive.
  void drop();

 private:
  struct Chunk {
    std::string octets;
    bool sensitive;
  };
  using Chunks = std::deque<Chunk>;  // never moves a string: a short one would leave a copy

  static void wipe(Chunks& chunks);

  Chunks held_, waiting_, writing_;
  std::size_t unsent_ = 0;
  bool holding_ = false;
};

}  // namespace mailchute::net
