// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/received_check.h"

#include "base/text.h"
#include "mail/envelope.h"
#include "mail/folding.h"
#include "mail/message_id.h"

namespace mailchute::mail {
namespace {

constexpr std::string_view kFrom = " (mailchute, from ";

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Empty when it is longer than lines are, or has no end.
std::string_view first_line(std::string_view text) {
  const auto end = text.substr(0, kMaxLine + 1).find('\n');
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

// What follows "by " in the first line, or in the second where the first one names a client.
std::string_view by_clause(std::string_view field) {
  std::string_view line = first_line(field);
  if (take(line, "Received: by ")) return line;
  if (!line.starts_with("Received: from ")) return {};
  line = first_line(field.substr(line.size() + 1));
  return take(line, "\tby ") ? line : std::string_view();
}

bool is_origin(std::string_view text) {
  return text == format_origin(kUnknownUid) || (take(text, "uid ") && parse_number(text));
}

// Who submitted, in the words of format_origin(); empty when the field is not mailchute's.
std::string_view claimed_origin(std::string_view field) {
  const std::string_view by = by_clause(field);
  const auto from = by.find(kFrom);
  if (from == std::string_view::npos || !by.ends_with(")")) return {};
  const std::string_view host = by.substr(0, from);
  if (host.empty() || host != safe_domain(host)) return {};
  const auto claim = by.substr(from + kFrom.size(), by.size() - from - kFrom.size() - 1);
  return is_origin(claim) ? claim : std::string_view();
}

}  // namespace

bool correct_received(Header& header, const Trace& truth) {
  const std::string_view claim =
      header.fields.empty() ? std::string_view() : claimed_origin(header.fields[0].raw);
  const std::string origin = format_origin(truth.uid);
  if (claim == origin) return false;
  if (claim.empty()) {
    header.fields.insert(header.fields.begin(), Field{format_received(truth)});
  } else {
    std::string& raw = header.fields[0].raw;
    raw.replace(static_cast<std::size_t>(claim.data() - raw.data()), claim.size(), origin);
  }
  return true;
}

}  // namespace mailchute::mail
