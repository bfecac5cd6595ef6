// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/retry_info.h"

#include "base/text.h"
#include "queue/format.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

constexpr std::size_t kMaxReason = 1000;
constexpr std::size_t kMaxLikeness = 64;
constexpr char kByHand[] = "by hand\n";
constexpr std::size_t kMaxFile = 4 * kMaxReason + kMaxLikeness + 100;  // escaped

}  // namespace

// "3 1790000000.123 1790000600.000 2 451 4.2.0 mailbox is locked", and behind it a line "0a1b..."
// if there is a likeness, and a line "by hand" if that is so.
std::string format_retry_info(const RetryInfo& info) {
  return std::to_string(info.attempts) + " " + format_time(info.last_attempt) + " " +
         format_time(info.next_try) + " " + std::to_string(info.answered) + " " +
         escaped(info.reason.substr(0, kMaxReason)) + "\n" +
         (info.likeness.empty() ? "" : info.likeness + "\n") + (info.by_hand ? kByHand : "");
}

RetryInfo read_retry_info(int folder, const std::string& id) {
  const auto content = sys::read_file(folder, id, kMaxFile);
  if (!content || content->empty() || content->back() != '\n') return {};
  const auto end = content->find('\n');
  std::string_view rest = std::string_view(*content).substr(0, end);
  std::string_view likeness = std::string_view(*content).substr(end + 1);
  const bool by_hand = likeness.ends_with(kByHand);
  if (by_hand) likeness.remove_suffix(std::size(kByHand) - 1);
  if (!likeness.empty()) likeness.remove_suffix(1);
  const auto word = [&rest] {
    const auto taken = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(taken.size() + 1, rest.size()));
    return taken;
  };
  const auto attempts = parse_number(word());
  const auto last = parse_time(word());
  const auto next = parse_time(word());
  const auto answered = parse_number(word());
  const auto reason = unescaped(rest);
  if (likeness.size() > kMaxLikeness ||
      likeness.find_first_not_of("0123456789abcdef") != likeness.npos)
    return {};
  if (!attempts || *attempts > 1000000000 || !last || !next || !answered || *answered > *attempts ||
      !reason)
    return {};
  return {static_cast<unsigned>(*attempts),
          *last,
          *next,
          *reason,
          static_cast<unsigned>(*answered),
          std::string(likeness),
          by_hand};
}

}  // namespace mailchute::queue
