// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mailchuted/keeper.h"
#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

constexpr Seconds kWellAfter{60};  // a worker that came after some that failed

Event event_of(Announcement::Event event) {
  switch (event) {
    case Announcement::Event::broken: return Event("mail-broken", Severity::error);
    case Announcement::Event::degraded: return Event("mail-degraded", Severity::warning);
    case Announcement::Event::working: break;
  }
  return Event("mail-works", Severity::notice);
}

}  // namespace

void Keeper::hear_condition(std::string_view text) {
  auto condition = parse_condition(text);
  if (!condition) return;
  condition_ = std::move(*condition);
  alarm_.hear(condition_, Steady::now());
}

// Once may happen; then the next one is to be well before anybody is told.
void Keeper::worker_failed(const std::string& reason) {
  if (!std::exchange(failing_since_, failing_since_.value_or(sys::now()))) return;
  alarm_.hear({Sign::State::trouble, {"", *failing_since_, cleaned(reason), Trouble::Kind::worker}},
              Steady::now());
}

void Keeper::worker_failed(const WorkerProcess& worker) {
  if (!worker.trouble.empty()) return worker_failed("no worker can start: " + worker.trouble);
  relapses_.died(worker.death, failing_since_.has_value(), Steady::now(), sys::now());
  worker_failed("one worker after the other dies, the last " + worker.death);
}

std::optional<Steady::time_point> Keeper::worker_is_well_at() const {
  if (!failing_since_ || in_force_ == nullptr || in_force_->stage != WorkerProcess::Stage::working)
    return std::nullopt;
  return in_force_->since + std::clamp(orders_.settings.alarm.after, Seconds(1), kWellAfter);
}

void Keeper::sound_alarm() {
  if (stop_by_) return;  // a command that runs ends with the keeper
  const auto now = Steady::now();
  if (const auto well = worker_is_well_at(); well && now >= *well) {
    failing_since_.reset();
    alarm_.hear({Sign::State::well, {"", {}, {}, Trouble::Kind::worker}}, now);
  }
  if (const auto began = relapses_.began()) alarm_.hear(relapses_.sign(now), *began);
  const auto announcements = alarm_.announce(orders_.settings.alarm, now);
  for (const Announcement& announcement : announcements) {
    log_announcement(announcement);
    pager_.add(announcement, condition_);
  }
  if (!announcements.empty()) {
    tell_of_alarm();
    tell_status();
  }
  pager_.go_on(orders_.settings, log(), now);
}

void Keeper::log_announcement(const Announcement& announcement) {
  const auto& [event, trouble] = announcement;
  log()(event_of(event)
            .with("since", iso_time(trouble.since))
            .with("smart_host", trouble.smart_host)
            .with("reason", trouble.reason)
            .with("waiting", condition_.waiting));
}

// The worker answers those who ask.
void Keeper::tell_of_alarm() {
  if (in_force_ != nullptr) in_force_->say(Message::Kind::alarm, format_troubles(alarm_.raised()));
}

// What is wrong comes first.
void Keeper::tell_status() {
  const auto raised = alarm_.raised();
  if (raised.empty()) return notify_.status(status_);
  const auto broken = serious(raised);
  const auto& troubles = broken.empty() ? raised : broken;
  const Time since = troubles.front().since;
  notify_.status((broken.empty() ? "Since " : "Mail is broken since ") +
                 calendar_time(since, sys::utc_offset(since)) + ": " + headline(troubles) + "; " +
                 status_);
}

}  // namespace mailchute::mailchuted
