// SPDX-License-Identifier: GPL-3.0-or-later
// What a person at a terminal is asked and shown: on standard error, so that what goes elsewhere stays
// as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailchute {

// True: yes, in so many words. Nobody to ask is no terminal on standard input or standard error.
bool somebody_to_ask();
bool confirmed(const std::string& question);

// "removing [#####     ] 1200 of 5000" as one line that is written over and goes away at the end; nothing
// where there is no terminal, or for a moment's work.
class ProgressBar {
 public:
  ProgressBar(std::string what, std::uint64_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  void show(std::uint64_t done);

 private:
  std::string what_;
  std::uint64_t total_;
  bool worth_it_;
  std::size_t width_ = 0;  // of what stands there
};

std::string bar(std::string_view what, std::uint64_t done, std::uint64_t total);

// As long as it lives SIGINT and SIGTERM are only noted, so that what is under way comes to its end.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  static bool noted();
};

}  // namespace mailchute
