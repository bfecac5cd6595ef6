// SPDX-License-Identifier: GPL-3.0-or-later
// A program of the administrator's while it runs: without a shell, with nothing to read, in a
// process group of its own that is gone when the program is. Its time and its output are bounded.
// Nobody waits for it: its owner polls.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "mailchuted/worker_process.h"
#include "sys/unique_fd.h"

namespace mailchute::mailchuted {

class Program {
 public:
  static constexpr int kCannotRun = 126;

  // `environment`: all of it, "NAME=value".
  static Result<Program> start(const std::vector<std::string>& command,
                               const std::vector<std::string>& environment, Seconds timeout,
                               Steady::time_point now);
  Program(Program&& other) noexcept;
  Program& operator=(Program&&) = delete;
  ~Program();  // kills them all

  // Readable when it has written something; -1 once it has closed its output.
  int output() const { return output_.get(); }
  // What it has written since the last call. Beyond some lines' worth it is thrown away. One that
  // cannot be run says why, without a line feed, and ends with the status kCannotRun.
  std::string read();
  // When keep_time() has something to do.
  Steady::time_point deadline() const { return deadline_; }
  // SIGTERM when its time is over, SIGKILL a little later.
  void keep_time(Steady::time_point now);
  bool timed_out() const { return timed_out_; }
  // As of wait(2), once it has ended; then its group is gone, too.
  std::optional<int> ended();

 private:
  Program(pid_t pid, sys::UniqueFd output, Steady::time_point deadline)
      : pid_(pid), output_(std::move(output)), deadline_(deadline) {}

  pid_t pid_;  // 0: it has ended
  sys::UniqueFd output_;
  Steady::time_point deadline_;
  bool timed_out_ = false;
  std::size_t room_ = 4096;  // for output
};

}  // namespace mailchute::mailchuted
