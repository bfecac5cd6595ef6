// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/verdict.h"

#include <optional>

namespace mailchute::relay {
namespace {

using smtp::Reply;
using smtp::Stage;
using smtp::TransactionReport;
using What = Verdict::What;

bool too_big(const Reply& reply) {
  const auto status = reply.enhanced();
  return reply.code == 552 || (reply.permanent() && status && status->subject == 3 && status->detail == 4);
}

// A status code of our own where the server gave none that fits its reply (RFC 3463, 3).
std::string status_of(const Reply& reply, What what) {
  if (const auto status = reply.enhanced(); status && status->status_class == reply.code / 100) {
    return status->text();
  }
  switch (what) {
    case What::delivered: return "2.0.0";
    case What::failed: return "5.0.0";
    default: return "4.0.0";
  }
}

Verdict said(What what, const Reply& reply) { return {what, reply.text(), status_of(reply, what)}; }

Verdict lost(What what, const TransactionReport& report) { return {what, report.error, "4.4.2"}; }

What meaning(const Reply& reply) {
  if (reply.permanent()) return What::failed;
  return What::deferred;
}

// The session ended with this transaction: 421, or thanks for a message that was not sent yet.
bool broke_off(const TransactionReport& report) {
  if (!report.reply) return false;
  return report.reply->code == 421 || (report.stage == Stage::data && report.reply->completed());
}

// For a recipient that was taken: what became of the message.
Verdict message_verdict(const TransactionReport& report) {
  if (report.reply && report.stage == Stage::message && report.reply->completed()) {
    return said(What::delivered, *report.reply);
  }
  if (report.reply) return said(meaning(*report.reply), *report.reply);
  return lost(report.dot_sent ? What::possibly_delivered : What::deferred, report);
}

Verdict recipient_verdict(const TransactionReport& report, const std::optional<Reply>& reply) {
  if (!reply) return lost(What::deferred, report);
  if (!reply->completed()) return said(meaning(*reply), *reply);
  return message_verdict(report);
}

}  // namespace

std::string_view name_of(What what) {
  switch (what) {
    case What::delivered: return "delivered";
    case What::possibly_delivered: return "possibly-delivered";
    case What::deferred: return "deferred";
    case What::failed: return "failed";
    case What::discarded: return "discarded";
  }
  return "";
}

Judgement judge(const TransactionReport& report) {
  Judgement judgement;
  judgement.reply = report.reply ? report.reply->text() : report.error;
  if (report.stage <= Stage::rset) {
    judgement.untouched = true;
    return judgement;
  }
  judgement.interrupted = !report.error.empty() || broke_off(report);
  if (report.stage == Stage::mail) {
    judgement.held = report.reply && report.reply->permanent() && !too_big(*report.reply);
    if (judgement.held) return judgement;
    const Verdict verdict = report.reply ? said(meaning(*report.reply), *report.reply)
                                         : lost(What::deferred, report);
    judgement.recipients.assign(report.recipients.size(), verdict);
    return judgement;
  }
  for (const auto& reply : report.recipients) {
    judgement.recipients.push_back(recipient_verdict(report, reply));
  }
  return judgement;
}

}  // namespace mailchute::relay
