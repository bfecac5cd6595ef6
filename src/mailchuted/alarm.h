// SPDX-License-Identifier: GPL-3.0-or-later
// Whether mail is broken, since when, and whether it is time to say so. Workers come and go, and a
// new one knows nothing of the smart host before it has tried: what was wrong stays so until there
// is proof. Only time in which the machine was awake counts: one that sleeps sends no mail.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "mailchuted/condition.h"
#include "mailchuted/worker_process.h"

namespace mailchute::mailchuted {

struct Announcement {
  enum class Event { broken, degraded, working };
  Event event;
  Trouble trouble;
};

class Alarm {
 public:
  // All that a worker sees now.
  void hear(const Condition& condition, Steady::time_point now);
  // Only one thing, which the worker may know nothing of.
  void hear(const Sign& sign, Steady::time_point now);
  // What is to be said now, and has been said then.
  std::vector<Announcement> announce(const config::Alarm& rules, Steady::time_point now);
  // When there may be something next.
  std::optional<Steady::time_point> next(const config::Alarm& rules) const;
  // What was announced and is not over; the oldest first.
  std::vector<Trouble> raised() const;

 private:
  struct Case {
    Trouble trouble;
    Steady::time_point noticed;
    std::optional<Steady::time_point> announced;
    bool over = false;
  };
  static Announcement::Event event_of(const Case& open);
  static Steady::time_point due(const Case& open, const config::Alarm& rules);

  using Subject = std::pair<Trouble::Kind, std::string>;
  static Subject subject_of(const Trouble& trouble) { return {trouble.kind, trouble.smart_host}; }

  std::map<Subject, Case> cases_;
};

}  // namespace mailchute::mailchuted
