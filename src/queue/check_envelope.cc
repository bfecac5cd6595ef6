// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "base/text.h"
#include "mail/xtext.h"
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

bool is_usable(const mail::Recipient& recipient) { return recipient.defect.empty(); }

// What was written instead of an address is never sent anywhere: it may be anything.
bool is_told_of(const mail::Recipient& recipient) {
  return recipient.address.size() <= kMaxAddress && recipient.defect.size() <= kMaxAddress &&
         recipient.original.empty() && recipient.notify == mail::Notify() && !recipient.expanded;
}

}  // namespace

Result<> check_envelope(const mail::Envelope& envelope) {
  const auto bad = [](std::string text) { return failure(Error::Kind::data, std::move(text)); };
  const auto& recipients = envelope.recipients;
  if (std::none_of(recipients.begin(), recipients.end(), is_usable)) return bad("no recipients");
  if (recipients.size() > kMaxRecipients) {
    return bad("more than " + std::to_string(kMaxRecipients) + " recipients");
  }
  if (!is_path(envelope.reverse_path)) {
    return bad("impossible sender address " + escaped(envelope.reverse_path.substr(0, 256)));
  }
  for (const auto& recipient : recipients) {
    if (!is_usable(recipient)) {
      if (!is_told_of(recipient)) return bad("impossible bad recipient");
      continue;
    }
    if (recipient.address.empty() || !is_path(recipient.address)) {
      return bad("impossible address <" + escaped(recipient.address.substr(0, 256)) + ">");
    }
    if (!is_xtext(recipient.original)) return bad("impossible ORCPT of " + recipient.address);
  }
  if (!envelope.envelope_id.empty() && !mail::is_envelope_id(envelope.envelope_id)) {
    return bad("impossible envelope id");
  }
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
