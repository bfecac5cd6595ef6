// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/message_id.h"

#include "base/text.h"
#include "mail/date.h"

namespace mailchute::mail {
namespace {

bool is_host_octet(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; }

}  // namespace

std::string safe_domain(std::string_view hostname) {
  std::string out;
  for (const std::string_view label : split(hostname, '.')) {
    if (label.empty()) continue;
    if (!out.empty()) out += '.';
    for (const char c : label) out += is_host_octet(c) ? c : '-';
  }
  return out.empty() ? "localhost" : out;
}

std::string make_message_id(Time time, std::string_view unique, std::string_view hostname) {
  std::string id = "<" + format_compact_date(time);
  return id.append(".").append(unique).append("@").append(safe_domain(hostname)).append(">");
}

}  // namespace mailchute::mail
