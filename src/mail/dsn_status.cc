// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/dsn_status.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"
#include "mail/date.h"
#include "mail/folding.h"
#include "mail/message_id.h"
#include "mail/xtext.h"

namespace mailchute::mail {
namespace {

// Of a reply, each; a message for thousands is cut further: together a few megabytes.
constexpr std::size_t kMaxDiagnostic = 1000;
constexpr std::size_t kMaxDiagnostics = 4 << 20;
constexpr std::size_t kMinDiagnostic = 80;

int hex_value(char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";  // RFC 3461, 4: capitals only
  const auto digit = kDigits.find(c);
  return digit == std::string_view::npos ? -1 : static_cast<int>(digit);
}

// What is malformed, or would not be printable US-ASCII, stays as it is: xtext can stand in any
// field.
std::string from_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && text.size() - i >= 3) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return ascii_escaped(text);
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    out += c;
  }
  return is_printable_ascii(out) ? out : ascii_escaped(text);
}

// With its type (RFC 3464, 2.1.2).
std::string typed_address(std::string_view address) {
  if (is_printable_ascii(address)) return "rfc822; " + std::string(address);
  if (is_utf8(address)) return "utf-8; " + to_utf8_xtext(address);
  return "rfc822; " + ascii_escaped(address);
}

// "rfc822;you@example.net" from ORCPT.
std::string original_field(std::string_view original) {
  const std::size_t type_end = original.find(';');
  if (type_end == std::string_view::npos) return "rfc822; " + from_xtext(original);
  return ascii_escaped(original.substr(0, type_end)) + "; " +
         from_xtext(original.substr(type_end + 1));
}

std::string diagnostic(std::string_view reply, std::size_t most) {
  const std::string type = is_smtp_reply(reply) ? "smtp; " : "x-mailchute; ";
  std::string text = ascii_escaped(reply.substr(0, most));
  if (reply.size() > most) text += "...";
  return type + text;
}

std::optional<StatusCode> code_in_reply(std::string_view reply) {
  if (!is_smtp_reply(reply) || reply.size() < 4) return std::nullopt;
  const int reply_class = reply[0] - '0';
  reply.remove_prefix(4);
  const auto code = take_status_code(reply);
  if (code && code->status_class != reply_class) return std::nullopt;
  return code;
}

std::optional<StatusCode> whole_status_code(std::string_view text) {
  const auto code = take_status_code(text);
  return text.empty() ? code : std::nullopt;
}

int status_class_of(DsnAction action) {
  switch (action) {
    case DsnAction::failed: return 5;
    case DsnAction::delayed: return 4;
    case DsnAction::delivered:
    case DsnAction::relayed: return 2;
  }
  return 5;
}

// An address stands in brackets, where a name is expected (RFC 5321, 4.1.3).
std::string mta_name(std::string_view host) {
  const std::string name = ascii_escaped(host.substr(0, 255));
  if (host.find(':') != std::string_view::npos) return "[IPv6:" + name + "]";
  const bool ipv4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return ipv4 ? "[" + name + "]" : name;
}

void append_recipient(std::string& out, const DsnReport& report, const DsnRecipient& recipient,
                      std::size_t most) {
  const auto put = [&](std::string_view name, std::string_view text) {
    out += folded_field(name, text);
  };
  out += '\n';
  if (!recipient.original.empty()) {
    put("Original-Recipient", original_field(recipient.original));
  }
  put("Final-Recipient", typed_address(recipient.address));
  put("Action", name_of(recipient.action));
  put("Status", dsn_status_code(recipient).text());
  if (!recipient.remote_mta.empty()) {
    put("Remote-MTA", "dns; " + mta_name(recipient.remote_mta));
  }
  if (!recipient.reply.empty()) put("Diagnostic-Code", diagnostic(recipient.reply, most));
  if (recipient.last_attempt) {
    put("Last-Attempt-Date", format_date(*recipient.last_attempt, report.utc_offset));
  }
  if (recipient.retry_until && recipient.action == DsnAction::delayed) {
    put("Will-Retry-Until", format_date(*recipient.retry_until, report.utc_offset));
  }
}

}  // namespace

std::string_view name_of(DsnAction action) {
  switch (action) {
    case DsnAction::failed: return "failed";
    case DsnAction::delayed: return "delayed";
    case DsnAction::delivered: return "delivered";
    case DsnAction::relayed: return "relayed";
  }
  return "failed";
}

bool is_smtp_reply(std::string_view reply) {
  return reply.size() >= 3 && reply[0] >= '2' && reply[0] <= '5' && is_digit(reply[1]) &&
         is_digit(reply[2]) && (reply.size() == 3 || reply[3] == ' ');
}

StatusCode dsn_status_code(const DsnRecipient& recipient) {
  const int fitting = status_class_of(recipient.action);
  const bool expired = recipient.cause == DsnCause::expired && fitting == 5;
  std::optional<StatusCode> codes[] = {whole_status_code(recipient.status),
                                       code_in_reply(recipient.reply)};
  if (expired) std::swap(codes[0], codes[1]);
  for (auto& code : codes) {
    if (!code || (code->status_class == 2) != (fitting == 2)) continue;
    if (!expired) code->status_class = fitting;
    return *code;
  }
  return expired ? StatusCode{5, 4, 7} : StatusCode{fitting, 0, 0};
}

std::string format_delivery_status(const DsnReport& report) {
  std::string out;
  if (!report.original.envelope_id.empty()) {
    out += folded_field("Original-Envelope-Id", from_xtext(report.original.envelope_id));
  }
  out += folded_field("Reporting-MTA", "dns; " + safe_domain(report.hostname));
  out += folded_field("Arrival-Date", format_date(report.original.arrival, report.utc_offset));
  out += folded_field("X-Mailchute-Queue-Id", report.original.queue_id);
  const std::size_t count = std::max<std::size_t>(report.recipients.size(), 1);
  const std::size_t most = std::clamp(kMaxDiagnostics / count, kMinDiagnostic, kMaxDiagnostic);
  for (const DsnRecipient& recipient : report.recipients) {
    append_recipient(out, report, recipient, most);
  }
  return out;
}

}  // namespace mailchute::mail
