// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "base/text.h"
#include "queue/format.h"

namespace mailchute::queue {
namespace {

// False where a '>' would end the path early on its way into an SMTP command: outside of a quoted
// local-part and a domain literal (RFC 5321, 4.1.2).
bool is_closed(std::string_view address) {
  bool quoted = false;
  bool domain = false;
  bool literal = false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char c = address[i];
    if (c == '\\' && (quoted || literal)) {
      ++i;
    } else if (c == '"' && !domain) {
      quoted = !quoted;
    } else if (!quoted) {
      if (c == '>' && !literal) return false;
      domain = domain || c == '@';
      literal = domain && (literal ? c != ']' : c == '[');
    }
  }
  return !quoted && !literal;
}

bool is_path(std::string_view address) {
  return address.size() <= kMaxAddress &&
         std::none_of(address.begin(), address.end(), is_control) && is_closed(address);
}

bool is_xtext(std::string_view text) {
  return text.size() <= kMaxAddress &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

Result<> check_envelope(const mail::Envelope& envelope) {
  const auto bad = [](std::string text) { return failure(Error::Kind::data, std::move(text)); };
  if (envelope.recipients.empty()) return bad("no recipients");
  if (envelope.recipients.size() > kMaxRecipients) {
    return bad("more than " + std::to_string(kMaxRecipients) + " recipients");
  }
  if (!is_path(envelope.reverse_path)) {
    return bad("impossible sender address " + escaped(envelope.reverse_path.substr(0, 256)));
  }
  for (const auto& recipient : envelope.recipients) {
    if (recipient.address.empty() || !is_path(recipient.address)) {
      return bad("impossible address <" + escaped(recipient.address.substr(0, 256)) + ">");
    }
    if (!is_xtext(recipient.original)) return bad("impossible ORCPT of " + recipient.address);
  }
  if (!is_xtext(envelope.envelope_id)) return bad("impossible envelope id");
  if (!parse_time(format_time(envelope.time))) return bad("impossible time");
  return {};
}

Result<std::string> checked_envelope(const mail::Envelope& envelope) {
  if (auto checked = check_envelope(envelope); !checked) return failure(std::move(checked.error()));
  std::string text = format_envelope(envelope);
  if (text.size() > kMaxEnvelope) {
    return failure(Error::Kind::data, "too many long addresses in one message");
  }
  return text;
}

}  // namespace mailchute::queue
