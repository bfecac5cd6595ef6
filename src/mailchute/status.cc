// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/status.h"

#include "base/text.h"
#include "config/units.h"
#include "mailchute/command.h"
#include "mailchute/json.h"
#include "mailchute/metrics.h"
#include "mailchute/words.h"
#include "queue/control.h"
#include "queue/format.h"
#include "sys/clock.h"

namespace mailchute {
namespace {

// What the daemon does not say, because it is of another version, is left as it is.
class Facts {
 public:
  explicit Facts(const std::map<std::string, std::string>& facts) : facts_(facts) {}
  void take(const std::string& key, std::string& value) const {
    if (const auto found = facts_.find(key); found != facts_.end()) value = found->second;
  }
  void take(const std::string& key, std::uint64_t& value) const {
    value = number(key).value_or(value);
  }
  void take(const std::string& key, std::optional<std::uint64_t>& value) const {
    value = number(key);
  }
  void take(const std::string& key, std::optional<Time>& value) const {
    if (const auto found = facts_.find(key); found != facts_.end())
      value = queue::parse_time(found->second);
  }

  // All whose key begins so, by the rest of it.
  std::map<std::string, std::uint64_t> numbers(std::string_view prefix) const {
    std::map<std::string, std::uint64_t> found;
    for (const auto& [key, value] : facts_) {
      const auto read = key.starts_with(prefix) ? parse_number(value) : std::nullopt;
      if (read) found.emplace(key.substr(prefix.size()), *read);
    }
    return found;
  }

 private:
  std::optional<std::uint64_t> number(const std::string& key) const {
    const auto found = facts_.find(key);
    return found == facts_.end() ? std::nullopt : parse_number(found->second);
  }
  const std::map<std::string, std::string>& facts_;
};

void take_smart_host(const Facts& facts, const std::string& number, SmartHostReport& host) {
  facts.take("smart_host" + number, host.smart_host);
  facts.take("state" + number, host.state);
  facts.take("paused_until" + number, host.paused_until);
  facts.take("trouble_since" + number, host.trouble_since);
  facts.take("last_error" + number, host.last_error);
  facts.take("connections" + number, host.connections);
}

std::string counted(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// Octets in which a message with something attached may have no room.
constexpr std::uint64_t kScarce = 1 << 20;

std::vector<std::string> problems_of(const StatusReport& report, Seconds most, Time now) {
  std::vector<std::string> problems;
  for (const SmartHostReport& host : report.smart_hosts()) {
    if (host.state != "paused") continue;
    problems.push_back(
        (report.each.empty() ? "the smart host" : "smart host " + host.smart_host) +
        " is paused; once its trouble is over, mailchute queue retry --all tries at once");
  }
  if (report.held > 0) {
    problems.push_back(counted(report.held, "message") +
                       " held: see mailchute queue list --held, then mailchute queue retry ID");
  }
  if (report.failed > 0) {
    const std::string lost =
        report.lost_notifications == 0
            ? ""
            : " (" + std::to_string(report.lost_notifications) + " of them notifications)";
    problems.push_back(counted(report.failed, "dead letter") + lost +
                       ": see mailchute queue list --failed, then mailchute queue retry ID");
  }
  if (report.oldest && now - *report.oldest > most) {
    problems.push_back("the oldest message has waited for more than " +
                       format_seconds(static_cast<std::uint64_t>(most.count())) +
                       ": see mailchute queue list");
  }
  if (report.free && *report.free < kScarce) {
    problems.push_back(short_size(*report.free) + " octets are free in " + report.queue_directory +
                       ": new mail is refused where there is no room for it; make some");
  }
  if (!report.listener_trouble.empty()) {
    problems.push_back("SMTP is not taken at " + report.listener_trouble +
                       "; once that is mended, mailchute reload tries again");
  }
  return problems;
}

std::string state_of(const SmartHostReport& report, Time now) {
  std::string text = report.state;
  if (report.paused_until) {
    text += " until " + local_time(*report.paused_until) + " (for " +
            short_age(now, *report.paused_until) + ")";
  }
  if (report.trouble_since) {
    text += ", in trouble since " + local_time(*report.trouble_since) + " (" +
            short_age(*report.trouble_since, now) + ")";
  }
  return text;
}

std::string queue_of(const StatusReport& report, Time now) {
  std::string text = std::to_string(report.waiting) + " waiting, " +
                     std::to_string(report.in_flight) + " of them in flight; " +
                     std::to_string(report.incoming) + " incoming, " + std::to_string(report.held) +
                     " held, " + counted(report.failed, "dead letter") + "; " +
                     short_size(report.octets) + " octets";
  if (report.oldest) text += "; oldest " + short_age(*report.oldest, now);
  return text;
}

}  // namespace

std::vector<SmartHostReport> StatusReport::smart_hosts() const {
  return each.empty() ? std::vector<SmartHostReport>{*this} : each;
}

StatusReport status_report(const std::map<std::string, std::string>& said, Seconds most, Time now) {
  const Facts facts(said);
  StatusReport report;
  facts.take("alarm_since", report.alarm_since);
  facts.take("alarm", report.alarm);
  take_smart_host(facts, "", report);
  for (std::size_t i = 1; said.count("smart_host." + std::to_string(i)) != 0; ++i)
    take_smart_host(facts, "." + std::to_string(i), report.each.emplace_back());
  facts.take("queue_directory", report.queue_directory);
  facts.take("incoming", report.incoming);
  facts.take("waiting", report.waiting);
  facts.take("in_flight", report.in_flight);
  facts.take("held", report.held);
  facts.take("failed", report.failed);
  facts.take("lost_notifications", report.lost_notifications);
  facts.take("octets", report.octets);
  facts.take("free", report.free);
  facts.take("oldest", report.oldest);
  facts.take("delivered", report.delivered);
  facts.take("listener", report.listener);
  facts.take("listener_trouble", report.listener_trouble);
  facts.take("listener_clients", report.listener_clients);
  facts.take("pid", report.pid);
  facts.take("version", report.version);
  facts.take("configuration", report.configuration);
  facts.take("started", report.started);
  report.counts = facts.numbers("count.");
  report.problems = problems_of(report, most, now);
  return report;
}

std::string format_status(const StatusReport& report, Time now) {
  std::string out;
  const auto line = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out += in_column(name, 14, false) + shown(value) + "\n";
  };
  if (!report.alarm.empty()) {
    out += "*** Mail is broken";
    if (report.alarm_since)
      out += " since " + local_time(*report.alarm_since) + " (" +
             short_age(*report.alarm_since, now) + ")";
    out += ": " + shown(report.alarm) + "\n";
  }
  line("smart host", report.smart_host);
  line("state", state_of(report, now));
  line("last error", report.last_error);
  line("connections", std::to_string(report.connections));
  for (const SmartHostReport& host : report.each) {
    line("", host.smart_host + ": " + state_of(host, now) + ", " +
                 counted(host.connections, "connection") +
                 (host.last_error.empty() ? "" : ": " + host.last_error));
  }
  line("queue", queue_of(report, now));
  line("directory", report.queue_directory +
                        (report.free ? ", " + short_size(*report.free) + " octets free" : ""));
  line("delivered", counted(report.delivered, "recipient") + " since the start");
  if (!report.listener.empty()) {
    line("listener", report.listener + ", " + counted(report.listener_clients, "client"));
  }
  line("daemon", "mailchuted " + report.version + ", pid " + std::to_string(report.pid) +
                     (report.started ? ", started " + local_time(*report.started) + " (" +
                                           short_age(*report.started, now) + " ago)"
                                     : ""));
  line("configuration", report.configuration);
  for (const std::string& problem : report.problems) line("attention", problem);
  return out;
}

int show_status(const std::string& config_file, const StatusOptions& options) {
  const auto most = config::parse_span(options.oldest);
  if (!most) {
    return complain({Error::Kind::usage,
                     "--oldest " + options.oldest + ": write a span such as 90m, 4h or 1d"});
  }
  const auto facts = queue::ask_for_status(settings_of(config_file).control_socket());
  if (!facts && options.metrics) return print(metrics_without_daemon()), finished();
  if (!facts) return complain(facts.error());
  const Time now = sys::now();
  const StatusReport report = status_report(*facts, Seconds(static_cast<Seconds::rep>(*most)), now);
  if (options.metrics) return print(metrics_of(report, now)), finished();
  print(options.json ? json_of(report, now) : format_status(report, now));
  const int printed = finished();
  return printed != 0 || (report.problems.empty() && report.alarm.empty()) ? printed : 1;
}

}  // namespace mailchute
