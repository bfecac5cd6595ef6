// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/log_sink.h"

#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "sys/file.h"

namespace mailchute::sys {
namespace {

// What a stranger put into a line begins no other one.
std::string one_line(std::string_view line) {
  std::string out(line);
  std::replace_if(out.begin(), out.end(), is_control, ' ');
  return out;
}

}  // namespace

SyslogSink::~SyslogSink() {
  if (open_) ::closelog();
}

void SyslogSink::write(Severity severity, std::string_view line) {
  if (!open_) ::openlog(name_.c_str(), LOG_PID, LOG_MAIL);
  open_ = true;
  ::syslog(static_cast<int>(severity), "%s", one_line(line).c_str());
}

void StandardErrorSink::write(Severity severity, std::string_view line) {
  std::string text =
      form_ == Form::plain ? name_ + ": " : "<" + std::to_string(static_cast<int>(severity)) + ">";
  text += one_line(line) + "\n";
  // Nobody can be told that this failed.
  (void)write_all(STDERR_FILENO, text, "standard error");
}

bool standard_error_is_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) < 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

}  // namespace mailchute::sys
