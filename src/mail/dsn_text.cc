// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/dsn_text.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.h"
#include "mail/date.h"
#include "mail/dsn_status.h"
#include "mail/dsn_words.h"
#include "mail/encoded_word.h"
#include "mail/header.h"
#include "mail/message_id.h"
#include "mail/plain_text.h"

namespace mailchute::mail {
namespace {

// More than these nobody reads; what is left out is in the part for programs.
constexpr std::size_t kMaxFates = 10;
constexpr std::size_t kMaxAddresses = 50;  // of one fate
constexpr std::size_t kMaxReply = 1000;    // characters
constexpr std::size_t kMaxSubject = 60;
constexpr std::string_view kIndent = "  ";

// Recipients that share it are told of in one go.
struct Fate {
  const DsnRecipient* example;
  std::vector<std::string_view> addresses;
};

// The worst first, and in the order of their first recipients.
std::vector<Fate> fates_of(const DsnReport& report) {
  std::vector<Fate> fates;
  std::map<std::tuple<DsnAction, DsnCause, std::string, std::string_view, std::string_view>,
           std::size_t>
      known;
  for (const DsnRecipient& recipient : report.recipients) {
    const auto [place, is_new] =
        known.try_emplace({recipient.action, recipient.cause, dsn_status_code(recipient).text(),
                           recipient.reply, recipient.remote_mta},
                          fates.size());
    if (is_new) fates.push_back({&recipient, {}});
    fates[place->second].addresses.push_back(recipient.address);
  }
  std::stable_sort(fates.begin(), fates.end(), [](const Fate& a, const Fate& b) {
    return a.example->action < b.example->action;
  });
  return fates;
}

// What others have written, in one line.
std::string quoted_words(std::string_view text) { return one_line(escaped(text)); }

std::string date(const DsnReport& report, Time time) {
  return format_date(time, report.utc_offset);
}

std::string server_name(const DsnRecipient& recipient) {
  if (recipient.remote_mta.empty()) return "The mail server";
  return "The mail server " + quoted_words(recipient.remote_mta);
}

std::string what_happened(const DsnRecipient& recipient) {
  switch (recipient.action) {
    case DsnAction::failed: return "Your message could not be delivered to:";
    case DsnAction::delayed: return "Your message has not been delivered yet to:";
    case DsnAction::delivered: return "Your message was delivered to:";
    case DsnAction::relayed: return "Your message is on its way to:";
  }
  return "";
}

std::string addresses(const Fate& fate) {
  std::string out;
  const std::size_t shown = std::min(fate.addresses.size(), kMaxAddresses);
  for (std::size_t i = 0; i < shown; ++i) {
    out.append(kIndent).append(quoted_words(fate.addresses[i])).append("\n");
  }
  if (shown == fate.addresses.size()) return out;
  return out + wrapped("and " + std::to_string(fate.addresses.size() - shown) +
                           " more, which the attached report lists",
                       kIndent);
}

std::string why_relayed(const DsnRecipient& recipient) {
  return server_name(recipient) +
         " has taken it, but does not tell whether it is delivered in the end.";
}

std::string why_here(const DsnReport& report) {
  return "The mail system of " + safe_domain(report.hostname) + " could not send it on.";
}

std::string why_expired(const DsnReport& report, const DsnRecipient& recipient) {
  std::string out = "It was tried again and again since " + date(report, report.original.arrival);
  if (recipient.last_attempt) out += ", the last time on " + date(report, *recipient.last_attempt);
  return out + ".";
}

std::string why(const DsnReport& report, const DsnRecipient& recipient) {
  if (recipient.action == DsnAction::relayed) return why_relayed(recipient);
  if (recipient.action == DsnAction::delivered) {
    return "The aliases of " + safe_domain(report.hostname) + " send it no further.";
  }
  const StatusCode code = dsn_status_code(recipient);
  const std::string meaning = plain_words(code, server_name(recipient)).why;
  switch (recipient.cause) {
    case DsnCause::reply: return meaning;
    case DsnCause::here: return why_here(report);
    case DsnCause::administrator:
      return "An administrator of " + safe_domain(report.hostname) +
             " has taken it out of the queue.";
    case DsnCause::no_address:
      return "This is no address, and so nobody could be asked to take your message for it.";
    case DsnCause::alias:
      return "The aliases of " + safe_domain(report.hostname) + " say that it takes no mail.";
    case DsnCause::expired: break;
  }
  const bool only_late = code.subject == 4 && code.detail == 7;
  const std::string more = recipient.remote_mta.empty() ? why_here(report)
                           : only_late                  ? ""
                                                        : meaning;
  return why_expired(report, recipient) + (more.empty() ? "" : " " + more);
}

std::string_view whose_words(const DsnRecipient& recipient) {
  const bool last =
      recipient.cause == DsnCause::expired || recipient.cause == DsnCause::administrator;
  const bool asked = recipient.cause != DsnCause::no_address && recipient.cause != DsnCause::alias;
  if (is_smtp_reply(recipient.reply) && asked) {
    return last ? "The mail server's last words:" : "The mail server's own words:";
  }
  return recipient.cause == DsnCause::expired ? "The last reason:" : "The reason:";
}

std::string advice(const DsnReport& report, const DsnRecipient& recipient) {
  if (recipient.action == DsnAction::relayed) {
    return "You need not do anything. If it cannot be delivered, that mail server should tell you.";
  }
  if (recipient.action == DsnAction::delivered) return "You need not do anything.";
  if (recipient.action == DsnAction::delayed) {
    std::string out = "You need not do anything, nor send it again: it will be tried again";
    if (recipient.retry_until) out += " until " + date(report, *recipient.retry_until);
    return out + ".";
  }
  if (recipient.cause == DsnCause::expired && recipient.remote_mta.empty()) {
    return "Show this message to the administrator of " + safe_domain(report.hostname) + ".";
  }
  if (recipient.cause == DsnCause::administrator) {
    return "Ask there if you do not know why.";
  }
  return plain_words(dsn_status_code(recipient), server_name(recipient)).advice;
}

std::string paragraphs(const DsnReport& report, const Fate& fate) {
  const DsnRecipient& example = *fate.example;
  std::string out = wrapped(what_happened(example)) + "\n" + addresses(fate) + "\n";
  std::string reason = why(report, example);
  if (!example.reply.empty()) reason.append(" ").append(whose_words(example));
  out += wrapped(reason) + "\n";
  if (!example.reply.empty()) {
    out += wrapped(shortened(quoted_words(example.reply), kMaxReply), kIndent) + "\n";
  }
  return out + wrapped(advice(report, example)) + "\n";
}

std::string closing(const DsnReport& report) {
  std::string out = "Your message was handed in on " + safe_domain(report.hostname) + " on " +
                    date(report, report.original.arrival);
  const std::string subject = readable_subject(report.original.header);
  if (!subject.empty()) out += " with the subject \"" + subject + "\"";
  out += returns_whole_message(report) ? ". It is attached." : ". Its header is attached.";
  return wrapped(out);
}

}  // namespace

std::string readable_subject(std::string_view text) {
  HeaderReader reader;
  if (!reader.feed(text)) return "";
  reader.finish();
  for (const Field& field : reader.header().fields) {
    if (!field.is("Subject")) continue;
    const auto subject = decode_unstructured(field.body());
    return subject ? shortened(one_line(*subject), kMaxSubject) : "";
  }
  return "";
}

DsnAction overall_action(const DsnReport& report) {
  DsnAction worst = DsnAction::relayed;
  for (const DsnRecipient& recipient : report.recipients) worst = std::min(worst, recipient.action);
  return worst;
}

std::string format_dsn_text(const DsnReport& report) {
  const std::vector<Fate> fates = fates_of(report);
  std::string out;
  const std::size_t told = std::min(fates.size(), kMaxFates);
  for (std::size_t i = 0; i < told; ++i) out += paragraphs(report, fates[i]);
  if (told < fates.size()) {
    std::size_t left = 0;
    for (std::size_t i = told; i < fates.size(); ++i) left += fates[i].addresses.size();
    out += wrapped("There are " + std::to_string(left) +
                   " more addresses, which the attached report lists with their reasons.") +
           "\n";
  }
  return out + closing(report);
}

}  // namespace mailchute::mail
