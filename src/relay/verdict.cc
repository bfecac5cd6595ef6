// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/verdict.h"

#include <algorithm>
#include <optional>

#include "relay/refusal.h"
#include "relay/unsendable.h"

namespace mailchute::relay {
namespace {

using smtp::Reply;
using smtp::Stage;
using smtp::TransactionReport;
using Host = Judgement::Host;
using What = Verdict::What;

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

// What a refusal means for the recipients concerned, if it is theirs or the message's.
Verdict refused(Stage stage, const Reply& reply) {
  const bool final = reply.permanent() && about(stage, reply) != About::login;
  return said(final ? What::failed : What::deferred, reply);
}

// The session ended with this transaction: 421, or thanks for a message that was not sent yet.
bool broke_off(const TransactionReport& report) {
  if (!report.error.empty()) return true;
  if (!report.reply) return false;
  return report.reply->code == 421 || (report.stage == Stage::data && report.reply->completed());
}

// As Exim does: "421 too many messages in this connection".
bool ended_before(const TransactionReport& report) {
  return report.stage == Stage::mail && report.after_another && report.reply &&
         report.reply->code == 421;
}

bool took_the_message(const TransactionReport& report) {
  return report.stage == Stage::message && report.reply && report.reply->completed();
}

// For a recipient that was taken: what became of the message.
Verdict message_verdict(const TransactionReport& report) {
  if (took_the_message(report)) return said(What::delivered, *report.reply);
  if (report.reply) return refused(report.stage, *report.reply);
  return lost(report.dot_sent ? What::possibly_delivered : What::deferred, report);
}

// RFC 5321, 4.5.3.1.10: 452, or 552, where some were taken; the others go in another transaction.
bool too_many_recipients(const Reply& reply) {
  const auto status = reply.enhanced();
  return status ? status->subject == 5 && status->detail == 3 : reply.code == 552;
}

Verdict recipient_verdict(const TransactionReport& report, const std::optional<Reply>& reply) {
  if (!reply) return lost(What::deferred, report);
  if (reply->completed()) return message_verdict(report);
  if (report.stage > Stage::rcpt && too_many_recipients(*reply))
    return said(What::deferred, *reply);
  return refused(Stage::rcpt, *reply);
}

std::vector<Verdict> verdicts(const TransactionReport& report) {
  std::vector<Verdict> all;
  for (const auto& reply : report.recipients) {
    if (report.stage > Stage::mail) all.push_back(recipient_verdict(report, reply));
    else
      all.push_back(report.reply ? refused(Stage::mail, *report.reply)
                                 : lost(What::deferred, report));
  }
  return all;
}

// A refusal that the whole message met, and the recipients that it concerns.
struct Refusal {
  const Reply& reply;
  About about;
  std::vector<std::size_t> recipients;
};

// Where some recipients were taken, a refusal of others is about these; 421 ends the session,
// whatever it met.
std::vector<Refusal> refusals(const TransactionReport& report) {
  std::vector<Refusal> all;
  std::vector<std::size_t> concerned;
  for (std::size_t i = 0; i < report.recipients.size(); ++i) {
    const auto& reply = report.recipients[i];
    if (report.stage == Stage::mail || (reply && reply->completed())) concerned.push_back(i);
    if (report.stage == Stage::rcpt && reply && !reply->completed() && reply->code != 421)
      all.push_back({*reply, about(Stage::rcpt, *reply), {i}});
  }
  if (report.reply && !report.reply->completed() && report.reply->code != 421)
    all.push_back({*report.reply, about(report.stage, *report.reply), std::move(concerned)});
  return all;
}

void leave_alone(Judgement& judgement) {
  judgement.untouched = true;
  judgement.recipients.clear();
}

void blame_smart_host(Judgement& judgement, const Refusal& refusal, Stage stage) {
  judgement.host = Host::refuses;
  const bool login = refusal.about == About::login && refusal.reply.permanent();
  judgement.cause = login ? Cause::login : Cause::trouble;
  judgement.refusal = refusal_name(refusal.reply);
  judgement.reply = refusal.reply.text();
  judgement.alone = true;
  judgement.leave = true;
  if (stage != Stage::mail) judgement.doubted = refusal.recipients;
  leave_alone(judgement);
}

void blame_connection(Judgement& judgement) {
  judgement.host = Host::had_enough;
  judgement.alone = false;
  leave_alone(judgement);
}

void hold(Judgement& judgement, const Refusal& refusal) {
  judgement.held = true;
  judgement.reply = refusal.reply.text();
  judgement.recipients.clear();
}

void doubt(Judgement& judgement, const std::vector<Refusal>& met) {
  for (const Refusal& refusal : met) {
    if (refusal.about != About::access && refusal.about != About::smart_host) continue;
    if (judgement.refusal.empty()) judgement.refusal = refusal_name(refusal.reply);
    if (judgement.refusal != refusal_name(refusal.reply)) continue;
    judgement.host = Host::doubtful;
    judgement.alone = true;
    judgement.reply = refusal.reply.text();
    for (const std::size_t i : refusal.recipients) {
      judgement.doubted.push_back(i);
      judgement.recipients[i].what = What::deferred;
    }
  }
}

// In the order of the table.
void weigh(Judgement& judgement, const std::vector<Refusal>& met, const TransactionReport& report,
           bool blamed) {
  const Stage stage = report.stage;
  const auto find = [&met](auto&& is) {
    const auto found = std::find_if(met.begin(), met.end(), is);
    return found == met.end() ? nullptr : &*found;
  };
  const auto* login = find([](const Refusal& one) { return one.about == About::login; });
  if (login && !blamed) return blame_smart_host(judgement, *login, stage);
  const auto* sender =
      find([](const Refusal& one) { return one.about == About::sender && one.reply.permanent(); });
  if (sender) return hold(judgement, *sender);
  const auto* host = find([](const Refusal& one) {
    return one.about == About::smart_host || one.about == About::access;
  });
  if (!host) return;
  judgement.leave = stage == Stage::mail;
  if (stage == Stage::mail && blamed && host->reply.permanent()) return hold(judgement, *host);
  if (blamed) return;
  if (stage != Stage::mail) return doubt(judgement, met);
  blame_smart_host(judgement, *host, stage);
  if (report.after_another) blame_connection(judgement);
}

bool slows_down(const TransactionReport& report) {
  const auto asks = [](const std::optional<Reply>& reply) {
    return reply && asks_to_slow_down(*reply);
  };
  return asks(report.reply) ||
         std::any_of(report.recipients.begin(), report.recipients.end(), asks);
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

Cause cause_of(const smtp::Close::Trouble& trouble) {
  const auto& reply = trouble.reply;
  // Once a password was shown, also silence is an answer.
  if (!reply)
    return trouble.server_fault || trouble.stage >= Stage::auth ? Cause::trouble : Cause::silence;
  if (!reply->permanent()) return Cause::trouble;
  const bool login = trouble.stage == Stage::auth || about(trouble.stage, *reply) == About::login;
  return login ? Cause::login : Cause::trouble;
}

void Judgement::acquit() {
  host = Host::refuses;
  const bool others = std::any_of(recipients.begin(), recipients.end(), [](const Verdict& verdict) {
    return verdict.what != What::deferred;
  });
  if (!others) leave_alone(*this);
}

Judgement judge(const TransactionReport& report, bool blamed) {
  Judgement judgement;
  judgement.reply = report.reply ? report.reply->text() : report.error;
  if (report.stage <= Stage::rset) {
    judgement.untouched = true;
    return judgement;
  }
  judgement.recipients = verdicts(report);
  if (report.local) {
    for (Verdict& one : judgement.recipients) {
      one.reply = unsendable_reply({one.status, report.error});
    }
    return judgement;
  }
  judgement.answered = report.stage > Stage::mail || report.reply;
  judgement.slow_down = slows_down(report);
  judgement.alone = broke_off(report);
  judgement.host = judgement.alone ? Host::interrupted : Host::works;
  judgement.took_it = took_the_message(report);
  weigh(judgement, refusals(report), report, blamed);
  if (ended_before(report) && !blamed) blame_connection(judgement);
  return judgement;
}

}  // namespace mailchute::relay
