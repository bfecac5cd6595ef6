// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute status`: how the smart host, the queue and the daemon are, and what of it needs
// somebody.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace mailchute {

struct SmartHostReport {
  std::string smart_host;
  std::string state;  // ok, trying, paused
  std::optional<Time> paused_until;
  std::optional<Time> trouble_since;
  std::string last_error;
  std::uint64_t connections = 0;
};

struct StatusReport : SmartHostReport {  // of all together
  std::optional<Time> alarm_since;
  std::string alarm;                  // mail is broken; empty: it is not
  std::vector<SmartHostReport> each;  // where there are several
  std::string queue_directory;
  std::uint64_t incoming = 0, waiting = 0, in_flight = 0, held = 0, failed = 0, octets = 0;
  std::uint64_t lost_notifications = 0;  // of the failed
  std::optional<std::uint64_t> free;     // octets
  std::optional<Time> oldest;            // of those that wait
  std::uint64_t delivered = 0;           // recipients
  std::string listener;                  // addresses where SMTP is taken
  std::string listener_trouble;          // those where it should be, and why not
  std::uint64_t listener_clients = 0;
  std::uint64_t pid = 0;
  std::string version;
  std::string configuration;
  std::optional<Time> started;
  std::map<std::string, std::uint64_t> counts;  // of events in the log, since the start
  std::vector<std::string> problems;            // one line each; none: all is well

  std::vector<SmartHostReport> smart_hosts() const;  // each, the only one too
};

// From what the daemon says; a message older than `most` is a problem.
StatusReport status_report(const std::map<std::string, std::string>& facts, Seconds most, Time now);
std::string format_status(const StatusReport& report, Time now);

struct StatusOptions {
  bool json = false;
  bool metrics = false;
  std::string oldest = "4h";  // how long a message may wait
};
// 0: all is well; 1: mail is stuck; else as for all commands.
int show_status(const std::string& config_file, const StatusOptions& options);

}  // namespace mailchute
