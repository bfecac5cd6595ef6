// SPDX-License-Identifier: GPL-3.0-or-later
// What a person at a terminal is asked and shown: on standard error, so that what goes elsewhere
// stays as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailchute {

// True: yes, in so many words. Nobody to ask is no terminal on standard input or standard error.
bool somebody_to_ask();
bool confirmed(const std::string& question);

// "removing [#####     ] 1200 of 5000" as one line that is written over and goes away at the
// end; nothing where there is no terminal, or one that cannot do this, or for a moment's work.
class ProgressBar {
 public:
  ProgressBar(std::string what, std::uint64_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  void show(std::uint64_t done);
  void clear();  // for a line of another kind

 private:
  std::string what_;
  std::uint64_t total_;
  std::size_t width_;      // of the terminal; 0: nothing is shown
  std::size_t shown_ = 0;  // characters that stand there
};

// Of less than `width` characters; without the bar where there is no room for one.
std::string bar(std::string_view what, std::uint64_t done, std::uint64_t total, std::size_t width);

// As long as it lives SIGINT and SIGTERM are only noted, so that what is under way comes to its
// end.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  static bool noted();
  // Until there is something to read; false: that is not to be waited for any more.
  static bool wait_to_read(int fd);
};

}  // namespace mailchute
