// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "mailchuted/keeper.h"
#include "sys/clock.h"

namespace mailchute::mailchuted {

void Keeper::hear_condition(std::string_view text) {
  auto condition = parse_condition(text);
  if (!condition) return;
  condition_ = std::move(*condition);
  alarm_.hear(condition_, Steady::now());
}

void Keeper::sound_alarm() {
  if (stop_by_) return;  // a command that runs ends with the keeper
  const auto now = Steady::now();
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
  const bool broken = event == Announcement::Event::broken;
  log()(Event(broken ? "mail-broken" : "mail-works", broken ? Severity::error : Severity::notice)
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
  const auto troubles = alarm_.raised();
  if (troubles.empty()) return notify_.status(status_);
  const Time since = troubles.front().since;
  notify_.status("Mail is broken since " + calendar_time(since, sys::utc_offset(since)) + ": " +
                 headline(troubles) + "; " + status_);
}

}  // namespace mailchute::mailchuted
