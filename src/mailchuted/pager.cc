// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/pager.h"

#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace mailchute::mailchuted {
namespace {

constexpr char kPath[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const char* name_of(Announcement::Event event) {
  switch (event) {
    case Announcement::Event::broken: return "broken";
    case Announcement::Event::degraded: return "degraded";
    case Announcement::Event::working: return "working";
  }
  return "";
}

}  // namespace

void Pager::add(const Announcement& announcement, const Condition& condition) {
  std::erase_if(calls_, [&](const Call& call) {
    const Trouble& trouble = call.announcement.trouble;
    return trouble.kind == announcement.trouble.kind &&
           trouble.smart_host == announcement.trouble.smart_host;
  });
  calls_.push_back({announcement, condition.waiting, condition.held, condition.failed});
}

void Pager::go_on(const config::Settings& settings, Log& log, Steady::time_point now) {
  if (program_) {
    program_->keep_time(now);
    output_ += program_->read();
    log_output(log, false);
    if (const auto status = program_->ended()) over(*status, log);
  }
  if (!program_ && !calls_.empty()) begin(settings, log, now);
}

void Pager::begin(const config::Settings& settings, Log& log, Steady::time_point now) {
  const std::vector<std::string>& command = settings.alarm.command;
  if (command.empty()) return calls_.clear();
  const Call call = std::move(calls_.front());
  calls_.pop_front();
  event_ = name_of(call.announcement.event);
  name_ = command.front();
  auto program = Program::start(command, environment(call, settings), settings.alarm.timeout, now);
  if (program) program_.emplace(std::move(*program));
  else
    log(Event("alarm-command", Severity::error)
            .with("event", event_)
            .with("reason", program.error().text));
}

std::vector<std::string> Pager::environment(const Call& call, const config::Settings& settings) {
  const Trouble& trouble = call.announcement.trouble;
  return {kPath,
          std::string("MAILCHUTE_EVENT=") + name_of(call.announcement.event),
          "MAILCHUTE_SMART_HOST=" + trouble.smart_host,
          "MAILCHUTE_SINCE=" + iso_time(trouble.since),
          "MAILCHUTE_REASON=" + trouble.reason,
          "MAILCHUTE_WAITING=" + std::to_string(call.waiting),
          "MAILCHUTE_HELD=" + std::to_string(call.held),
          "MAILCHUTE_FAILED=" + std::to_string(call.failed),
          "MAILCHUTE_HOSTNAME=" + settings.hostname};
}

void Pager::log_output(Log& log, bool all) {
  for (std::size_t end; (end = output_.find('\n')) != output_.npos || (all && !output_.empty());) {
    const std::string line = output_.substr(0, end);
    output_.erase(0, std::max(end, end + 1));
    if (!line.empty())
      log(Event("alarm-command", Severity::notice).with("event", event_).with("said", line));
  }
}

// What the log says besides; that it could not be run is in the output, and only there.
std::string Pager::why_over(int status) {
  if (program_->timed_out()) return "alarm.timeout is over";
  if (!WIFEXITED(status) || WEXITSTATUS(status) != Program::kCannotRun || output_.empty())
    return {};
  return "alarm.command: run " + name_ + ": " + std::exchange(output_, {});
}

void Pager::over(int status, Log& log) {
  output_ += program_->read();
  log_output(log, false);
  const std::string reason = why_over(status);
  log_output(log, true);
  const int fate = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  Event event =
      Event("alarm-command", status == 0 ? Severity::info : Severity::error)
          .with("event", event_)
          .with(WIFSIGNALED(status) ? "signal" : "status", static_cast<std::uint64_t>(fate));
  log(reason.empty() ? std::move(event) : std::move(event).with("reason", reason));
  program_.reset();
}

std::optional<int> Pager::output() const {
  return program_ && program_->output() >= 0 ? std::optional(program_->output()) : std::nullopt;
}

std::optional<Steady::time_point> Pager::deadline() const {
  return program_ ? std::optional(program_->deadline()) : std::nullopt;
}

}  // namespace mailchute::mailchuted
