// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/metrics.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"

namespace mailchute {
namespace {

constexpr char kUp[] = "mailchute_up";
constexpr char kUpHelp[] = "Whether mailchuted answers.";

// In double quotes and in UTF-8: backslash, quote and line feed are escaped; other control
// characters nobody needs.
std::string label(std::string_view name, std::string_view value) {
  std::string text(name);
  text += "=\"";
  const bool utf8 = is_utf8(value);
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += is_control(c) ? ' ' : !utf8 && (c & 0x80) != 0 ? '?' : c;
  }
  return "{" + text + "\"}";
}

class Exposition {
 public:
  void gauge(std::string_view name, std::string_view help) { begin(name, help, "gauge"); }
  void counter(std::string_view name, std::string_view help) { begin(name, help, "counter"); }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    gauge(name, help);
    sample(value);
  }
  void sample(std::uint64_t value, const std::string& labels = {}) {
    text_.append(name_).append(labels).append(" ").append(std::to_string(value)).append("\n");
  }
  std::string text() && { return std::move(text_); }

 private:
  void begin(std::string_view name, std::string_view help, std::string_view type) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  std::string name_, text_;
};

std::uint64_t seconds(Time time) {
  return static_cast<std::uint64_t>(
      std::max<Seconds::rep>(std::chrono::floor<Seconds>(time).time_since_epoch().count(), 0));
}

std::uint64_t age(Time since, Time now) {
  return static_cast<std::uint64_t>(
      std::max<Seconds::rep>(std::chrono::floor<Seconds>(now - since).count(), 0));
}

void add_daemon(Exposition& out, const StatusReport& report) {
  out.gauge(kUp, kUpHelp, 1);
  out.gauge("mailchute_build_info", "The version that runs.");
  out.sample(1, label("version", report.version));
  if (report.started)
    out.gauge("mailchute_start_time_seconds",
              "When mailchuted was started; a reload changes nothing.", seconds(*report.started));
}

void add_alarm(Exposition& out, const StatusReport& report) {
  out.gauge("mailchute_alarm", "Whether mail has been broken for longer than alarm.after.",
            !report.alarm.empty());
  if (!report.alarm.empty() && report.alarm_since)
    out.gauge("mailchute_alarm_since_seconds", "Since when mail is broken.",
              seconds(*report.alarm_since));
}

void add_smart_hosts(Exposition& out, const StatusReport& report) {
  const std::vector<SmartHostReport> hosts = report.smart_hosts();
  const auto each = [&](const auto& value) {
    for (const SmartHostReport& host : hosts)
      out.sample(value(host), label("smart_host", host.smart_host));
  };
  out.gauge("mailchute_smart_host_up",
            "0 from the first trouble with a smart host to its first success.");
  each([](const SmartHostReport& host) { return std::uint64_t{host.state == "ok"}; });
  out.gauge("mailchute_smart_host_paused", "Whether it is left alone for a while.");
  each([](const SmartHostReport& host) { return std::uint64_t{host.state == "paused"}; });
  out.gauge("mailchute_smart_host_connections", "Connections to it.");
  each([](const SmartHostReport& host) { return host.connections; });
}

void add_queue(Exposition& out, const StatusReport& report, Time now) {
  out.gauge("mailchute_queue_messages", "Messages by state; what is active is also waiting.");
  out.sample(report.incoming, label("state", "incoming"));
  out.sample(report.waiting, label("state", "waiting"));
  out.sample(report.in_flight, label("state", "active"));
  out.sample(report.held, label("state", "held"));
  out.sample(report.failed, label("state", "failed"));
  out.gauge("mailchute_queue_lost_notifications",
            "Of the failed: notifications that could not be delivered.", report.lost_notifications);
  out.gauge("mailchute_queue_octets", "What all messages take.", report.octets);
  if (report.free)
    out.gauge("mailchute_queue_free_octets", "What is free where the queue is.", *report.free);
  out.gauge("mailchute_queue_oldest_age_seconds",
            "Age of the oldest message that waits; 0: none does.",
            report.oldest ? age(*report.oldest, now) : 0);
}

void add_counts(Exposition& out, const StatusReport& report) {
  out.counter("mailchute_events_total",
              "What the log said since mailchuted was started, by the first word of the line.");
  for (const auto& [event, count] : report.counts) out.sample(count, label("event", event));
}

}  // namespace

std::string metrics_of(const StatusReport& report, Time now) {
  Exposition out;
  add_daemon(out, report);
  add_alarm(out, report);
  add_smart_hosts(out, report);
  add_queue(out, report, now);
  if (!report.listener.empty())
    out.gauge("mailchute_listener_clients", "Programs that speak SMTP to mailchuted now.",
              report.listener_clients);
  add_counts(out, report);
  return std::move(out).text();
}

std::string metrics_without_daemon() {
  Exposition out;
  out.gauge(kUp, kUpHelp, 0);
  return std::move(out).text();
}

}  // namespace mailchute
