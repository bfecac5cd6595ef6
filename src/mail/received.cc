// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/received.h"

#include "mail/date.h"
#include "mail/envelope.h"
#include "mail/message_id.h"

namespace mailchute::mail {
namespace {

// A line of a header field has at most 998 octets (RFC 5322, 2.1.1); "for" is no duty.
constexpr std::size_t kMaxFor = 900;

}  // namespace

std::string format_origin(std::uint32_t uid) {
  return uid == kUnknownUid ? "unknown uid" : "uid " + std::to_string(uid);
}

std::string format_received(const Trace& trace) {
  std::string field = "Received: ";
  if (!trace.client.empty()) field.append("from ").append(trace.client).append("\n\t");
  field += "by " + safe_domain(trace.hostname) + " (mailchute, from " + format_origin(trace.uid) +
           ")\n\twith ";
  field.append(trace.protocol).append(" id ").append(trace.queue_id);
  if (!trace.only_recipient.empty() && trace.only_recipient.size() <= kMaxFor) {
    field.append("\n\tfor <").append(trace.only_recipient).append(">");
  }
  return field + ";\n\t" + format_date(trace.time, trace.utc_offset) + "\n";
}

}  // namespace mailchute::mail
