// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the administrator's command of the setting alarm.command for each announcement: one at a
// time, and of those that wait only the last about the same thing.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/settings.h"
#include "mailchuted/alarm.h"
#include "mailchuted/program.h"

namespace mailchute::mailchuted {

class Pager {
 public:
  void add(const Announcement& announcement, const Condition& condition);
  // Reads, keeps time, and goes on to the next one: call it when there is something to read, when a
  // child has ended, and at the deadline.
  void go_on(const config::Settings& settings, Log& log, Steady::time_point now);

  std::optional<int> output() const;
  std::optional<Steady::time_point> deadline() const;

 private:
  struct Call {
    Announcement announcement;
    std::uint64_t waiting, held, failed;
  };
  void begin(const config::Settings& settings, Log& log, Steady::time_point now);
  void log_output(Log& log, bool all);
  void over(int status, Log& log);
  std::string why_over(int status);
  static std::vector<std::string> environment(const Call& call, const config::Settings& settings);

  std::deque<Call> calls_;
  std::optional<Program> program_;
  std::string event_;   // of the program
  std::string name_;    // its own
  std::string output_;  // not yet logged
};

}  // namespace mailchute::mailchuted
