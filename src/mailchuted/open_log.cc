// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/open_log.h"

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
  const bool journal = sys::standard_error_is_journal();
  if (target == config::LogTarget::syslog || (target == config::LogTarget::automatic && !journal)) {
    return std::make_unique<sys::SyslogSink>("mailchuted");
  }
  return std::make_unique<sys::StandardErrorSink>("mailchuted", journal ? Form::priority : Form::plain);
}

}  // namespace

std::unique_ptr<Log> open_log(const config::Settings& settings) {
  return std::make_unique<Filter>(open_target(settings.log),
                                  settings.log_debug ? Severity::debug : Severity::info);
}

}  // namespace mailchute::mailchuted
