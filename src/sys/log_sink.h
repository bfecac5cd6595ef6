// SPDX-License-Identifier: GPL-3.0-or-later
// Where log lines end up: syslog (facility mail), or standard error, plain or with the priorities
// that systemd's journal reads. Nothing is opened before the first line.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace mailchute::sys {

class SyslogSink final : public Log {
 public:
  // `name` comes before each line.
  explicit SyslogSink(std::string name) : name_(std::move(name)) {}
  ~SyslogSink() override;
  void write(Severity severity, std::string_view line) override;

 private:
  std::string name_;  // syslog(3) keeps a pointer to it
  bool open_ = false;
};

class StandardErrorSink final : public Log {
 public:
  enum class Form {
    plain,     // "name: line"
    priority,  // "<6>line", sd-daemon(3)
  };
  StandardErrorSink(std::string name, Form form) : name_(std::move(name)), form_(form) {}
  void write(Severity severity, std::string_view line) override;

 private:
  std::string name_;
  Form form_;
};

// Standard error is a stream of the journal ($JOURNAL_STREAM, systemd.exec(5)).
bool standard_error_is_journal();

}  // namespace mailchute::sys
