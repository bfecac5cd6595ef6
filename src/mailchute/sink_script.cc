// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/sink_script.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "smtp/command.h"

namespace mailchute {
namespace {

constexpr std::size_t kMaxReply = 510;         // RFC 5321, 4.5.3.1.5
constexpr std::uint64_t kLongest = 24 * 3600;  // s; nobody waits longer, and nothing overflows

tl::unexpected<Error> wrong(std::string_view rule, std::string_view why) {
  return failure(Error::Kind::usage, "'" + escaped(rule) + "': " + std::string(why));
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (is_alpha(c)) c = static_cast<char>(c & ~0x20);
  return out;
}

bool is_step(const std::string& name) {
  if (name == "CONNECT" || name == "MESSAGE") return true;
  return smtp::parse_command(name).name() == name && !name.empty();
}

// Only what refuses: a good answer to what was not done would confuse the session itself.
std::optional<smtp::Reply> parse_reply(std::string_view text) {
  const auto code = parse_number(text.substr(0, 3));
  const bool shape =
      text.size() >= 3 && text.size() <= kMaxReply && (text.size() == 3 || text[3] == ' ');
  if (!code || *code < 400 || *code > 599 || !shape) return std::nullopt;
  if (std::any_of(text.begin(), text.end(), is_control)) return std::nullopt;
  return smtp::Reply{static_cast<int>(*code),
                     {std::string(text.substr(std::min<std::size_t>(4, text.size())))}};
}

// "2s", "300ms", "1m"
std::optional<Milliseconds> parse_delay(std::string_view text) {
  const std::size_t unit = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number(text.substr(0, unit));
  const auto name = text.substr(unit);
  if (!number || *number > kLongest * 1000) return std::nullopt;
  const auto count = static_cast<Milliseconds::rep>(*number);
  if (name == "ms") return Milliseconds(count);
  if (*number > kLongest) return std::nullopt;
  if (name == "s") return Seconds(count);
  if (name == "m" && *number <= kLongest / 60) return Seconds(count * 60);
  return std::nullopt;
}

bool contains(std::string_view text, std::string_view part) {
  return to_lower(text).find(to_lower(part)) != std::string::npos;
}

}  // namespace

Result<SinkScript::Rule> SinkScript::parse(std::string_view rule, std::string_view& what) {
  const std::size_t colon = rule.find(':');
  if (colon == std::string_view::npos) return wrong(rule, "write STEP[=TEXT][*COUNT]:WHAT");
  std::string_view head = rule.substr(0, colon);
  what = rule.substr(colon + 1);
  Rule parsed;
  if (const std::size_t star = head.rfind('*'); star != std::string_view::npos) {
    parsed.left = parse_number(head.substr(star + 1));
    if (!parsed.left) return wrong(rule, "no number behind the *");
    head = head.substr(0, star);
  }
  const std::size_t equals = std::min(head.find('='), head.size());
  parsed.step = upper(head.substr(0, equals));
  parsed.text = head.substr(std::min(equals + 1, head.size()));
  if (!is_step(parsed.step))
    return wrong(rule, "no such step; known are CONNECT, MESSAGE and SMTP's commands");
  return parsed;
}

Result<> SinkScript::add_reply(std::string_view rule) {
  std::string_view what;
  auto parsed = parse(rule, what);
  if (!parsed) return failure(std::move(parsed.error()));
  parsed->decision.close = what == "close";
  if (!parsed->decision.close) parsed->decision.reply = parse_reply(what);
  if (!parsed->decision.close && !parsed->decision.reply)
    return wrong(
        rule, "neither \"close\" nor a reply from 400 to 599 such as \"550 5.1.1 no such user\"");
  replies_.push_back(std::move(*parsed));
  return {};
}

Result<> SinkScript::add_delay(std::string_view rule) {
  std::string_view what;
  auto parsed = parse(rule, what);
  if (!parsed) return failure(std::move(parsed.error()));
  const auto delay = parse_delay(what);
  if (!delay) return wrong(rule, "no span of at most a day such as \"2s\" or \"300ms\"");
  parsed->decision.delay = *delay;
  delays_.push_back(std::move(*parsed));
  return {};
}

std::set<std::string, std::less<>> SinkScript::steps() const {
  std::set<std::string, std::less<>> steps;
  for (const auto* rules : {&replies_, &delays_})
    for (const Rule& rule : *rules) steps.insert(rule.step);
  return steps;
}

Milliseconds SinkScript::longest_delay() const {
  Milliseconds longest{0};
  for (const Rule& rule : delays_) longest = std::max(longest, rule.decision.delay);
  return longest;
}

const SinkScript::Rule* SinkScript::use(std::vector<Rule>& rules, std::string_view step,
                                        std::string_view argument) {
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& candidate) {
    return candidate.step == step && candidate.left != 0 && contains(argument, candidate.text);
  });
  if (rule == rules.end()) return nullptr;
  if (rule->left) --*rule->left;
  return &*rule;
}

SinkScript::Decision SinkScript::decide(std::string_view step, std::string_view argument) {
  Decision decision;
  if (const Rule* rule = use(replies_, step, argument)) decision = rule->decision;
  if (const Rule* rule = use(delays_, step, argument)) decision.delay = rule->decision.delay;
  return decision;
}

}  // namespace mailchute
