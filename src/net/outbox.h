// SPDX-License-Identifier: GPL-3.0-or-later
// Octets on their way out, in the order they were given. Sensitive ones travel alone, so that
// nothing below copies them to gather them, and are overwritten when they have been written or
// given up.
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

  bool ready() const { return open_ > writing_; }
  bool writing() const { return writing_ > 0; }
  // The next that may be written at once; it stays where it is until written().
  std::vector<std::string_view> next();
  void written();

  // Gives up everything, for good. What is being written keeps its memory until written(), not its
  // content if it is sensitive.
  void drop();

 private:
  struct Chunk {
    std::string octets;
    bool sensitive = false;
  };

  void remove_front(std::size_t count);

  std::deque<Chunk> chunks_;  // a string is never moved within: a short one would leave a copy
  std::size_t writing_ = 0;   // so many at the front are being written
  std::size_t open_ = 0;      // so many at the front are not held back
  std::size_t unsent_ = 0;    // octets
  bool holding_ = false;
  bool dropped_ = false;
};

}  // namespace mailchute::net
