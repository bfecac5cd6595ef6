// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/dsn.h"

#include <algorithm>

#include "base/text.h"
#include "mail/date.h"
#include "mail/display_name.h"
#include "mail/dsn_status.h"
#include "mail/dsn_text.h"
#include "mail/folding.h"
#include "mail/header.h"
#include "mail/message_id.h"
#include "mail/quoted_printable.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kMaxToken = 900;                // an address or id in a line of ours
constexpr std::size_t kMaxReturnedHeader = 64 << 10;  // enough to know a message by

// "=_" occurs in neither quoted-printable nor base64 (RFC 2045, 6.7).
std::string boundary(const DsnReport& report) { return "=_" + report.queue_id; }

std::string_view subject_prefix(DsnAction action) {
  switch (action) {
    case DsnAction::failed: return "Undelivered mail";
    case DsnAction::delayed: return "Delayed mail";
    case DsnAction::delivered: return "Delivered mail";
    case DsnAction::relayed: return "Mail passed on";
  }
  return "";
}

std::string subject_field(const DsnReport& report) {
  const std::string prefix(subject_prefix(overall_action(report)));
  const std::string subject = readable_subject(report.original.header);
  if (subject.empty()) return folded_field("Subject", prefix);
  // What looks like an encoded word must not become one.
  if (is_printable_ascii(subject) && subject.find("=?") == std::string::npos) {
    return folded_field("Subject", prefix + ": " + subject);
  }
  return "Subject: " + prefix + ":\n " + format_display_name(subject) + "\n";
}

// An address that cannot stand in a line of US-ASCII is named by an empty group, as RFC 6857
// has it for those who know no other letters.
std::string to_field(std::string_view address) {
  if (address.empty()) return "To: undisclosed-recipients:;\n";
  if (is_printable_ascii(address) && address.size() <= kMaxToken) {
    return "To: <" + std::string(address) + ">\n";
  }
  return "To: " + format_display_name(address) + " :;\n";
}

bool is_message_id(std::string_view id) {
  return id.size() > 2 && id.size() <= kMaxToken && id.front() == '<' && id.back() == '>' &&
         is_printable_ascii(id) && id.substr(1, id.size() - 2).find_first_of("<> ") == id.npos;
}

std::string reference_fields(std::string_view header) {
  HeaderReader reader;
  if (!reader.feed(header)) return "";
  reader.finish();
  for (const Field& field : reader.header().fields) {
    if (!field.is("Message-ID")) continue;
    const std::string id(trim(field.body()));
    if (!is_message_id(id)) return "";
    return "In-Reply-To: " + id + "\nReferences: " + id + "\n";
  }
  return "";
}

std::string header(const DsnReport& report, bool eight_bit) {
  const std::string host = safe_domain(report.hostname);
  std::string out = "From: Mail Delivery System <MAILER-DAEMON@" + host + ">\n";
  out += to_field(report.to);
  out += subject_field(report);
  out += "Date: " + format_date(report.now, report.utc_offset) + "\n";
  out += "Message-ID: " + make_message_id(report.now, report.queue_id, host) + "\n";
  out += reference_fields(report.original.header);
  out += "Auto-Submitted: auto-replied\nContent-Language: en\nMIME-Version: 1.0\n";
  out += "Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"" +
         boundary(report) + "\"\n";
  if (eight_bit) out += "Content-Transfer-Encoding: 8bit\n";
  return out;
}

// With the delimiter before it and the blank line behind its fields.
std::string part(const DsnReport& report, std::string_view fields) {
  return "\n--" + boundary(report) + "\n" + std::string(fields) + "\n";
}

std::string text_part(const DsnReport& report) {
  const std::string text = format_dsn_text(report);
  const std::string description = "Content-Description: What happened\n";
  if (is_seven_bit(text)) {
    return part(report, description + "Content-Type: text/plain; charset=us-ascii\n") + text;
  }
  return part(report, description +
                          "Content-Type: text/plain; charset=utf-8\n"
                          "Content-Transfer-Encoding: quoted-printable\n") +
         quoted_printable(text);
}

std::string status_part(const DsnReport& report) {
  return part(report,
              "Content-Description: Report for programs\n"
              "Content-Type: message/delivery-status\n") +
         format_delivery_status(report);
}

// RFC 2045, 6.4: a message inside another is never encoded, only said to be of eight bits.
std::string message_part(const DsnReport& report, bool eight_bit) {
  std::string fields = "Content-Description: Your message\nContent-Type: message/rfc822\n";
  if (eight_bit) fields += "Content-Transfer-Encoding: 8bit\n";
  return part(report, fields);
}

// Cut between two lines where it is too long.
std::string_view returned_header(std::string_view text) {
  if (text.size() <= kMaxReturnedHeader) return text;
  const std::size_t end = text.rfind('\n', kMaxReturnedHeader - 1);
  return text.substr(0, end == std::string_view::npos ? kMaxReturnedHeader : end + 1);
}

std::string header_part(const DsnReport& report) {
  const std::string_view text = returned_header(report.original.header);
  std::string fields =
      "Content-Description: Header of your message\n"
      "Content-Type: text/rfc822-headers\n";
  if (is_seven_bit(text)) return part(report, fields).append(text);
  fields += "Content-Transfer-Encoding: quoted-printable\n";
  return part(report, fields) + quoted_printable(text);
}

// RFC 3463: too large (X.2.3, X.3.4), content (X.6), a server's rules (5.7); without a code what
// RFC 5321, 4.2.3, has for size and for the message as a whole.
bool unfit(const DsnRecipient& recipient) {
  const bool by_us =
      recipient.cause == DsnCause::alias || recipient.cause == DsnCause::administrator;
  if (recipient.action != DsnAction::failed || by_us) return false;
  const StatusCode code = dsn_status_code(recipient);
  switch (code.subject) {
    case 0: return recipient.reply.starts_with("552") || recipient.reply.starts_with("554");
    case 2: return code.detail == 3;
    case 3: return code.detail == 4;
    case 7: return code.status_class == 5;
    default: return code.subject == 6;
  }
}

}  // namespace

bool wants_report(const Envelope& envelope, const Recipient& recipient, DsnAction action) {
  if (envelope.reverse_path.empty()) return false;
  const bool nothing_said = recipient.notify == Notify();
  switch (action) {
    case DsnAction::failed: return nothing_said || recipient.notify.failure;
    case DsnAction::delayed: return nothing_said || recipient.notify.delay;
    case DsnAction::delivered:
    case DsnAction::relayed: return recipient.notify.success;
  }
  return false;
}

bool returns_whole_message(const DsnReport& report) {
  const DsnOriginal& original = report.original;
  if (overall_action(report) != DsnAction::failed) return false;
  if (original.nul || original.longest_line > kMaxLine) return false;
  if (std::any_of(report.recipients.begin(), report.recipients.end(), unfit)) return false;
  switch (original.ret) {
    case Return::full: return original.size <= kMaxReturnedOnRequest;
    case Return::headers: return false;
    case Return::unspecified: break;
  }
  return original.size <= kMaxReturned;
}

Dsn compose_dsn(const DsnReport& report) {
  Dsn dsn;
  dsn.whole_message = returns_whole_message(report);
  dsn.eight_bit = dsn.whole_message && report.original.eight_bit;
  dsn.head = header(report, dsn.eight_bit) + text_part(report) + status_part(report);
  dsn.head += dsn.whole_message ? message_part(report, dsn.eight_bit) : header_part(report);
  dsn.tail = "\n--" + boundary(report) + "--\n";
  return dsn;
}

}  // namespace mailchute::mail
