// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/received_check.h"

#include "base/text.h"

namespace mailchute::mail {
namespace {

constexpr std::string_view kStart = "Received: by ";
constexpr std::string_view kUid = " (mailchute, from uid ";

// Where in the first line the digits of the uid stand; empty when it is not the front end's.
std::string_view claimed_uid(std::string_view line) {
  const auto uid = line.find(kUid);
  if (!line.starts_with(kStart) || uid == std::string_view::npos || !line.ends_with(")")) return {};
  if (line.substr(kStart.size(), uid - kStart.size()).find_first_of(" (") != std::string_view::npos) return {};
  return line.substr(uid + kUid.size(), line.size() - uid - kUid.size() - 1);
}

}  // namespace

std::optional<Correction> correct_received(std::string_view start, const Trace& truth) {
  const std::string_view line = start.substr(0, start.substr(0, 998).find('\n'));
  const std::string_view claim = claimed_uid(line);
  const auto uid = parse_number(claim);
  if (!uid) return Correction{0, format_received(truth)};
  if (*uid == truth.uid) return std::nullopt;
  const auto before = static_cast<std::size_t>(claim.data() - start.data());
  return Correction{before + claim.size(), std::string(start.substr(0, before)) + std::to_string(truth.uid)};
}

}  // namespace mailchute::mail
