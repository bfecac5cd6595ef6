// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/received_check.h"

#include "base/text.h"
#include "mail/message_id.h"

namespace mailchute::mail {
namespace {

constexpr std::string_view kStart = "Received: by ";
constexpr std::string_view kUid = " (mailchute, from uid ";
constexpr std::size_t kMaxLine = 998;  // RFC 5322, 2.1.1

// Empty when it is longer than lines are, or has no end.
std::string_view first_line(std::string_view start) {
  const auto end = start.substr(0, kMaxLine + 1).find('\n');
  return end == std::string_view::npos ? std::string_view() : start.substr(0, end);
}

// Where in the first line the digits of the uid stand; empty when it is not the front end's.
std::string_view claimed_uid(std::string_view line) {
  const auto uid = line.find(kUid);
  if (!line.starts_with(kStart) || uid == std::string_view::npos || !line.ends_with(")")) return {};
  const std::string_view host = line.substr(kStart.size(), uid - kStart.size());
  if (host != safe_domain(host)) return {};
  return line.substr(uid + kUid.size(), line.size() - uid - kUid.size() - 1);
}

}  // namespace

bool correct_received(Header& header, const Trace& truth) {
  const std::string_view claim =
      header.fields.empty() ? std::string_view() : claimed_uid(first_line(header.fields[0].raw));
  const auto uid = parse_number(claim);
  if (uid == truth.uid) return false;
  if (uid) {
    std::string& raw = header.fields[0].raw;
    raw.replace(static_cast<std::size_t>(claim.data() - raw.data()), claim.size(),
                std::to_string(truth.uid));
  } else {
    header.fields.insert(header.fields.begin(), Field{format_received(truth)});
  }
  return true;
}

}  // namespace mailchute::mail
