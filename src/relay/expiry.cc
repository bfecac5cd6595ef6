// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/expiry.h"

#include "base/text.h"

namespace mailchute::relay {
namespace {

constexpr std::string_view kExpired = "expired: could not be delivered within ";
constexpr std::string_view kLast = "; last: ";
constexpr unsigned kAnswers = 3;

}  // namespace

bool expired(Milliseconds age, Seconds lifetime, unsigned answered) {
  return age > lifetime && answered >= kAnswers;
}

bool attempted(queue::RetryInfo& info, const Part& part, Milliseconds age, Seconds lifetime) {
  if (!part.later) {
    ++info.attempts;
    info.answered += part.answered;
  }
  if (!part.answered || !expired(age, lifetime, info.answered)) return false;
  if (!part.more) info.answered = 0;
  return true;
}

std::string expired_reply(Seconds lifetime, std::string_view last) {
  std::string out(kExpired);
  out += format_seconds(static_cast<std::uint64_t>(lifetime.count()));
  return out.append(kLast).append(last);
}

std::optional<std::string_view> last_before_expiry(std::string_view reply) {
  if (!reply.starts_with(kExpired)) return std::nullopt;
  const auto last = reply.find(kLast);
  return last == std::string_view::npos ? std::string_view() : reply.substr(last + kLast.size());
}

}  // namespace mailchute::relay
