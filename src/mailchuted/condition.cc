// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/condition.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "queue/format.h"
#include "sys/clock.h"

namespace mailchute::mailchuted {
namespace {

using State = Sign::State;
using Kind = Trouble::Kind;

// In the order of State, and of Kind.
constexpr std::array<std::string_view, 3> kStates = {"unknown", "well", "trouble"};
constexpr std::array<std::string_view, 5> kKinds = {"smart-host", "spare", "messages", "worker",
                                                    "relapses"};
constexpr std::size_t kMostSigns = 256;  // more smart hosts than anybody has
constexpr std::size_t kLongest = 500;    // octets of a text
constexpr std::uint64_t kCountedAtMost = 1000;

template <class Words>
std::optional<std::size_t> index_of(std::string_view word, const Words& words) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  std::string text = std::to_string(count) + (count < kCountedAtMost ? " " : " or more ");
  return text.append(count == 1 ? one : many);
}

// What a worker sees of the smart hosts.
class Hosts {
 public:
  Hosts(const std::vector<relay::SmartHostStatus>& all, const Routes& routes)
      : all_(all), routes_(routes) {}

  // Mail of this route goes nowhere if each of them is in trouble.
  Sign sign_of_route(const std::vector<std::size_t>& route) const {
    Sign sign{State::unknown, {}};
    bool one_is_well = false, one_may_be_well = false;
    for (const std::size_t host : route) {
      const relay::SmartHostStatus& status = all_[host];
      Trouble& trouble = sign.trouble;
      trouble.smart_host.append(trouble.smart_host.empty() ? "" : ", ").append(name_of(host));
      one_is_well |= is_well(host);
      one_may_be_well |= !status.trouble_since;
      if (!status.trouble_since) continue;
      trouble.since = std::max(trouble.since, *status.trouble_since);
      trouble.reason.append(trouble.reason.empty() ? "" : "; ");
      trouble.reason.append(route.size() == 1 ? status.last_error
                                              : status.name + ": " + status.last_error);
    }
    if (one_is_well) sign.state = State::well;
    else if (!one_may_be_well) sign.state = State::trouble;
    return sign;
  }

  // Nothing for one that some route depends on.
  std::optional<Sign> sign_of_spare(std::size_t host) const {
    Sign sign{is_well(host) ? State::well : State::unknown, {name_of(host), {}, {}, Kind::spare}};
    std::optional<std::size_t> other;
    bool used = false, replaced = true;
    for (const auto& route : routes_) {
      if (std::find(route.begin(), route.end(), host) == route.end()) continue;
      if (route.size() == 1) return std::nullopt;
      const auto works =
          std::find_if(route.begin(), route.end(), [&](std::size_t one) { return is_well(one); });
      used = true;
      if (works == route.end()) replaced = false;
      else other = *works;
    }
    if (!used) return std::nullopt;
    const relay::SmartHostStatus& status = all_[host];
    if (!status.trouble_since || !replaced) return sign;
    return Sign{State::trouble,
                {name_of(host), *status.trouble_since,
                 status.last_error + "; mail goes by " + name_of(*other), Kind::spare}};
  }

 private:
  std::string name_of(std::size_t host) const {
    return all_.size() == 1 ? all_[host].place : all_[host].name + " (" + all_[host].place + ")";
  }
  bool is_well(std::size_t host) const { return all_[host].worked && !all_[host].trouble_since; }

  const std::vector<relay::SmartHostStatus>& all_;
  const Routes& routes_;
};

// Nobody is told of these: a notification would have nowhere to go, or would be too early.
Sign sign_of_messages(const Condition& condition) {
  std::string reason;
  if (condition.held > 0) reason = counted(condition.held, "message is held", "messages are held");
  if (condition.failed > 0) {
    reason.append(reason.empty() ? "" : " and ");
    reason += counted(condition.failed, "has failed without a notification",
                      "have failed without a notification");
  }
  return {reason.empty() ? State::well : State::trouble,
          {"", reason.empty() ? Time() : sys::now(), reason, Kind::messages}};
}

std::optional<Sign> parse_sign(std::string_view line) {
  const auto fields = split(line, '\t');
  if (fields.size() != 5) return std::nullopt;
  const auto state = index_of(fields[0], kStates), kind = index_of(fields[1], kKinds);
  const auto since = queue::parse_time(fields[2]);
  if (!state || !kind || !since) return std::nullopt;
  return Sign{static_cast<State>(*state),
              {cleaned(fields[3]), *since, cleaned(fields[4]), static_cast<Kind>(*kind)}};
}

std::optional<Condition> parse_counts(std::string_view line) {
  const auto fields = split(line, ' ');
  if (fields.size() != 3) return std::nullopt;
  const auto waiting = parse_number(fields[0]), held = parse_number(fields[1]),
             failed = parse_number(fields[2]);
  if (!waiting || !held || !failed) return std::nullopt;
  return Condition{{}, *waiting, *held, *failed};
}

const char* advice(const std::vector<Trouble>& troubles) {
  const Kind kind = troubles.front().kind;
  const bool mixed = std::any_of(troubles.begin(), troubles.end(),
                                 [kind](const Trouble& one) { return one.kind != kind; });
  if (mixed) return "; see mailchute status";
  switch (kind) {
    case Kind::smart_host: return "; once that is over, mailchute queue retry --all tries at once";
    case Kind::spare: return "";
    case Kind::messages: return "; see mailchute queue list --held --failed";
    case Kind::worker:
    case Kind::relapses: return "; see the log";
  }
  return "";
}

}  // namespace

Condition condition_of(const relay::DeliveryStatus& status, const Routes& routes,
                       const Stranded::Count& stranded) {
  Condition condition{{}, status.waiting, stranded.held, stranded.failed};
  const Hosts hosts(status.smart_hosts, routes);
  for (const auto& route : routes) {
    Sign sign = hosts.sign_of_route(route);
    const bool known = std::any_of(
        condition.signs.begin(), condition.signs.end(),
        [&](const Sign& other) { return other.trouble.smart_host == sign.trouble.smart_host; });
    if (!known) condition.signs.push_back(std::move(sign));
  }
  for (std::size_t host = 0; host < status.smart_hosts.size(); ++host) {
    if (auto sign = hosts.sign_of_spare(host)) condition.signs.push_back(std::move(*sign));
  }
  condition.signs.push_back(sign_of_messages(condition));
  return condition;
}

std::string format_condition(const Condition& condition) {
  std::string text = std::to_string(condition.waiting) + " " + std::to_string(condition.held) +
                     " " + std::to_string(condition.failed);
  for (const auto& [state, trouble] : condition.signs) {
    text.append("\n").append(kStates[static_cast<std::size_t>(state)]).append("\t");
    text.append(kKinds[static_cast<std::size_t>(trouble.kind)]).append("\t");
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

std::vector<Trouble> serious(std::vector<Trouble> troubles) {
  std::erase_if(troubles, [](const Trouble& trouble) { return trouble.kind == Kind::spare; });
  return troubles;
}

std::string describe(const Trouble& trouble) {
  if (trouble.smart_host.empty()) return trouble.reason;
  const bool several = trouble.smart_host.find(", ") != std::string::npos;
  return (several ? "smart hosts " : "smart host ") + trouble.smart_host +
         (several ? " take" : " takes") + " no mail: " + trouble.reason;
}

std::string headline(const std::vector<Trouble>& troubles) {
  std::string text;
  for (const Trouble& trouble : troubles)
    text.append(text.empty() ? "" : "; ").append(describe(trouble));
  return troubles.empty() ? text : text + advice(troubles);
}

}  // namespace mailchute::mailchuted
