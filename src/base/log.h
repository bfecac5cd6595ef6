// SPDX-License-Identifier: GPL-3.0-or-later
// One event is one line of key=value pairs. Libraries build events; where they end up (syslog,
// standard error) is the program's choice, so a Log is passed in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailchute {

enum class Severity { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };  // as in syslog

// Event("delivered").with("id", id).with("to", address)  ->  delivered id=1a2b to=<x@y>
// A value with blanks, quotes, '=' or control characters is quoted and escaped.
class Event {
 public:
  explicit Event(std::string_view name, Severity severity = Severity::info);
  Event&& with(std::string_view key, std::string_view value) &&;
  Event&& with(std::string_view key, std::uint64_t value) &&;
  const std::string& text() const { return text_; }
  Severity severity() const { return severity_; }

 private:
  Severity severity_;
  std::string text_;
};

class Log {
 public:
  virtual ~Log() = default;
  virtual void write(Severity severity, std::string_view line) = 0;
  void operator()(const Event& event) { write(event.severity(), event.text()); }
};

}  // namespace mailchute
