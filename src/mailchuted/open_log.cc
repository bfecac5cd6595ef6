// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/open_log.h"

#include <unistd.h>

#include "sys/log_sink.h"

namespace mailchute::mailchuted {
namespace {

class Filter final : public Log {
 public:
  Filter(std::unique_ptr<Log> target, Severity least) : target_(std::move(target)), least_(least) {}
  void write(Severity severity, std::string_view line) override {
    if (severity <= least_) target_->write(severity, line);
  }

 private:
  std::unique_ptr<Log> target_;
  Severity least_;
};

std::unique_ptr<Log> open_target(config::LogTarget target) {
  using Form = sys::StandardErrorSink::Form;
  if (target == config::LogTarget::syslog) return std::make_unique<sys::SyslogSink>("mailchuted");
  return std::make_unique<sys::StandardErrorSink>(
      "mailchuted", sys::standard_error_is_journal() ? Form::priority : Form::plain);
}

}  // namespace

config::LogTarget log_target(const config::Settings& settings, bool background) {
  if (settings.log != config::LogTarget::automatic) return settings.log;
  const bool terminal = !background && ::isatty(STDERR_FILENO) == 1;
  return terminal || sys::standard_error_is_journal() ? config::LogTarget::standard_error
                                                      : config::LogTarget::syslog;
}

std::unique_ptr<Log> open_log(const config::Settings& settings, config::LogTarget target) {
  return std::make_unique<Filter>(open_target(target),
                                  settings.log_debug ? Severity::debug : Severity::info);
}

}  // namespace mailchute::mailchuted
