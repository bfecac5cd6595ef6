// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/condition.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "queue/format.h"
#include "queue/queue_id.h"
#include "queue/view.h"
#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

using State = Sign::State;

// In the order of State.
constexpr std::array<std::string_view, 3> kStates = {"unknown", "well", "trouble"};
constexpr std::size_t kMostSigns = 256;  // more smart hosts than anybody has
constexpr std::size_t kLongest = 500;    // octets of a text
constexpr std::uint64_t kCountedAtMost = 1000;

// What cannot be read counts as nothing: the daemon has said so elsewhere.
std::uint64_t count(const queue::View& view, queue::Place place) {
  auto names = view.names(place);
  std::uint64_t count = 0;
  while (names && count < kCountedAtMost) {
    const std::string name = names->next();
    if (name.empty()) break;
    count += queue::is_queue_id(name);
  }
  return count;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  std::string text = std::to_string(count) + (count < kCountedAtMost ? " " : " or more ");
  return text.append(count == 1 ? one : many);
}

Sign sign_of(const relay::SmartHostStatus& host, bool only) {
  const std::string name = only ? host.place : host.name + " (" + host.place + ")";
  if (host.trouble_since) return {State::trouble, {name, *host.trouble_since, host.last_error}};
  return {host.worked ? State::well : State::unknown, {name, {}, {}}};
}

// Nobody is told of these: a notification would have nowhere to go, or would be too early.
Sign sign_of_messages(const Condition& condition) {
  std::string reason;
  if (condition.held > 0) reason = counted(condition.held, "message is held", "messages are held");
  if (condition.failed > 0) {
    reason.append(reason.empty() ? "" : " and ");
    reason += counted(condition.failed, "has failed without a notification", "have failed without a notification");
  }
  if (reason.empty()) return {State::well, {}};
  return {State::trouble, {"", sys::now(), reason}};
}

std::optional<Sign> parse_sign(std::string_view line) {
  const auto fields = split(line, '\t');
  if (fields.size() != 4) return std::nullopt;
  const auto state = std::find(kStates.begin(), kStates.end(), fields[0]);
  const auto since = queue::parse_time(fields[1]);
  if (state == kStates.end() || !since) return std::nullopt;
  return Sign{static_cast<State>(state - kStates.begin()),
              {cleaned(fields[2]), *since, cleaned(fields[3])}};
}

std::optional<Condition> parse_counts(std::string_view line) {
  const auto fields = split(line, ' ');
  if (fields.size() != 3) return std::nullopt;
  const auto waiting = parse_number(fields[0]), held = parse_number(fields[1]), failed = parse_number(fields[2]);
  if (!waiting || !held || !failed) return std::nullopt;
  return Condition{{}, *waiting, *held, *failed};
}

const char* advice(bool smart_host, bool messages) {
  if (smart_host && messages) return "; see mailchute status";
  return smart_host ? "; once that is over, mailchute queue retry --all tries at once"
                    : "; see mailchute queue list --held --failed";
}

}  // namespace

Condition condition_of(const relay::DeliveryStatus& status, const std::string& queue_directory) {
  Condition condition;
  condition.waiting = status.waiting;
  if (const auto view = queue::View::open(queue_directory)) {
    condition.held = count(*view, queue::Place::held);
    condition.failed = count(*view, queue::Place::failed);
  }
  for (const relay::SmartHostStatus& host : status.smart_hosts)
    condition.signs.push_back(sign_of(host, status.smart_hosts.size() == 1));
  condition.signs.push_back(sign_of_messages(condition));
  return condition;
}

std::string format_condition(const Condition& condition) {
  std::string text = std::to_string(condition.waiting) + " " + std::to_string(condition.held) + " " +
                     std::to_string(condition.failed);
  for (const auto& [state, trouble] : condition.signs) {
    text.append("\n").append(kStates[static_cast<std::size_t>(state)]).append("\t");
    text.append(queue::format_time(trouble.since)).append("\t");
    text.append(cleaned(trouble.smart_host)).append("\t").append(cleaned(trouble.reason));
  }
  return text;
}

std::optional<Condition> parse_condition(std::string_view text) {
  const auto lines = split(text, '\n');
  auto condition = parse_counts(lines.front());
  if (!condition || lines.size() - 1 > kMostSigns) return std::nullopt;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto sign = parse_sign(lines[i]);
    if (!sign) return std::nullopt;
    condition->signs.push_back(std::move(*sign));
  }
  return condition;
}

std::string format_troubles(const std::vector<Trouble>& troubles) {
  Condition condition;
  for (const Trouble& trouble : troubles) condition.signs.push_back({State::trouble, trouble});
  return format_condition(condition);
}

std::vector<Trouble> parse_troubles(std::string_view text) {
  std::vector<Trouble> troubles;
  const auto condition = parse_condition(text);
  if (!condition) return troubles;
  for (const Sign& sign : condition->signs) troubles.push_back(sign.trouble);
  return troubles;
}

std::string cleaned(std::string_view text) {
  std::string line(text.substr(0, kLongest));
  std::replace_if(line.begin(), line.end(), is_control, ' ');
  while (text.size() > kLongest && !line.empty() && (line.back() & 0x80) != 0) line.pop_back();
  return line;
}

std::string describe(const Trouble& trouble) {
  if (trouble.smart_host.empty()) return trouble.reason;
  return "smart host " + trouble.smart_host + " takes no mail: " + trouble.reason;
}

std::string headline(const std::vector<Trouble>& troubles) {
  std::string text;
  bool smart_host = false, messages = false;
  for (const Trouble& trouble : troubles) {
    text.append(text.empty() ? "" : "; ").append(describe(trouble));
    (trouble.smart_host.empty() ? messages : smart_host) = true;
  }
  return text + advice(smart_host, messages);
}

}  // namespace mailchute::mailchuted
