// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/status_task.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.h"
#include "mailchuted/looking_task.h"
#include "queue/format.h"
#include "queue/view.h"
#include "sys/clock.h"
#include "sys/file.h"

namespace mailchute::mailchuted {
namespace {

using queue::Place;

class StatusTask : public LookingTask {
 public:
  explicit StatusTask(Desk& desk) : LookingTask(desk) { look(); }

 private:
  bool answer_now(std::string& answer) override {
    out_ = &answer;
    alarm(alarm_of(desk_));
    delivery(desk_.delivery.status());
    queue();
    if (desk_.smtp != nullptr) {
      line("listener", desk_.smtp->addresses());
      line("listener_trouble", desk_.smtp->trouble());
      line("listener_clients", std::to_string(desk_.smtp->clients()));
    }
    for (const std::string_view event : Tally::events()) {
      line("count." + std::string(event), std::to_string(desk_.tally.of(event)));
    }
    line("started", queue::format_time(desk_.tally.since()));
    line("pid", std::to_string(::getppid()));  // the keeper, whom signals are for
    line("version", MAILCHUTE_VERSION);
    line("configuration", desk_.settings.file);
    answer += "OK\n";
    return true;
  }

  void alarm(const queue::Alarm& alarm) {
    if (alarm.text.empty()) return;
    line("alarm_since", queue::format_time(alarm.since));
    line("alarm", alarm.text);
  }

  // `number`: behind each key, of one of several; empty: all together.
  template <class Status>
  void smart_host(const Status& status, const std::string& name, const std::string& number) {
    line("smart_host" + number, name);
    line("state" + number, status.paused_for ? "paused" : status.trouble_since ? "trying" : "ok");
    if (status.paused_for) {
      line("paused_for" + number,
           format_seconds(static_cast<std::uint64_t>(status.paused_for->count())));
      line("paused_until" + number, queue::format_time(sys::now() + *status.paused_for));
    }
    if (status.trouble_since)
      line("trouble_since" + number, queue::format_time(*status.trouble_since));
    if (!status.last_error.empty()) line("last_error" + number, status.last_error);
    line("connections" + number, std::to_string(status.connections));
  }

  void delivery(const relay::DeliveryStatus& status) {
    smart_host(status, status.smart_host, "");
    for (std::size_t i = 0; status.smart_hosts.size() > 1 && i < status.smart_hosts.size(); ++i) {
      const relay::SmartHostStatus& host = status.smart_hosts[i];
      smart_host(host, host.name + " (" + host.place + ")", "." + std::to_string(i + 1));
    }
    line("waiting", std::to_string(status.waiting));
    line("in_flight", std::to_string(status.in_flight));
    line("delivered", std::to_string(desk_.tally.of("delivered")));
  }

  void queue() {
    std::optional<Time> oldest;
    std::uint64_t octets = 0;
    for (const Place place : queue::kPlaces) {
      const queue::Index::Count& count = desk_.index.count(place);
      const std::string name(queue::name_of(place));
      if (place != Place::waiting) line(name, std::to_string(count.entries));
      octets += count.octets;
      const bool waits = place == Place::incoming || place == Place::waiting;
      if (waits && count.oldest) oldest = std::min(oldest.value_or(*count.oldest), *count.oldest);
    }
    line("lost_notifications", std::to_string(desk_.index.count(Place::failed).notifications));
    line("octets", std::to_string(octets));
    if (oldest) line("oldest", queue::format_time(*oldest));
    line("queue_directory", desk_.settings.queue_directory);
    if (const auto free = sys::free_space(desk_.settings.queue_directory))
      line("free", std::to_string(*free));
  }

  void line(std::string_view key, std::string_view value) {
    out_->append(" ").append(key).append("=").append(escaped(value)).append("\n");
  }

  std::string* out_ = nullptr;
};

}  // namespace

std::unique_ptr<Task> status_task(Desk& desk) { return std::make_unique<StatusTask>(desk); }

}  // namespace mailchute::mailchuted
