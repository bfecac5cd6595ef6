// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/portion.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace mailchute::relay {
namespace {

const std::string& envelope_address(const Outgoing& message, std::size_t i) {
  return message.entry.envelope().recipients[message.recipients[i]].address;
}

template <class Keep>
void keep_only(Outgoing& message, Keep keep) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    if (!keep(i)) continue;
    message.recipients[kept] = message.recipients[i];
    if (kept != i) message.addresses[kept] = std::move(message.addresses[i]);
    ++kept;
  }
  message.recipients.resize(kept);
  message.addresses.resize(kept);
}

// RFC 5321, 4.5.3.1.10: 452, and 552 from servers that follow RFC 821, who say that of a full
// mailbox, too.
bool too_many_recipients(const smtp::Reply& reply) {
  if (reply.code != 452 && reply.code != 552) return false;
  const auto status = reply.enhanced();
  return status ? status->subject == 5 && status->detail == 3 : reply.code == 452;
}

bool refused_data(const smtp::TransactionReport& report) {
  return report.stage == smtp::Stage::data && report.reply && report.reply->permanent();
}

// Exim's recipients_max_reject: for those that were too many, nobody gets the message.
bool spoils_data(const smtp::Reply& reply) {
  return reply.code == 552 &&
         to_lower(reply.text()).find("too many recipients") != std::string::npos;
}

}  // namespace

std::set<std::size_t> routes_of(const Outgoing& message, const config::SmartHostRoutes& routes) {
  std::set<std::size_t> found;
  const std::string& sender = message.entry.envelope().reverse_path;
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    found.insert(routes.of(sender, envelope_address(message, i)));
  }
  return found;
}

void reduce(Outgoing& message, const config::SmartHostRoutes& routes, const Portion& portion) {
  const std::string& sender = message.entry.envelope().reverse_path;
  std::size_t kept = 0;
  std::set<std::string> domains;
  keep_only(message, [&](std::size_t i) {
    const std::string& address = envelope_address(message, i);
    if (routes.of(sender, address) != portion.route || portion.tried.count(address) != 0)
      return false;
    std::string domain =
        portion.domains == 0 ? "" : to_lower(address.substr(address.rfind('@') + 1));
    const bool another = domains.count(domain) == 0;
    if ((kept == portion.most && portion.most != 0) ||
        (another && domains.size() == portion.domains && portion.domains != 0)) {
      message.more = true;
      return false;
    }
    if (another) domains.insert(std::move(domain));
    ++kept;
    return true;
  });
  message.alone =
      std::any_of(message.recipients.begin(), message.recipients.end(), [&](std::size_t recipient) {
        return message.entry.status(recipient) == queue::RecipientStatus::possibly_delivered;
      });
  message.later_in_round = !portion.tried.empty();
  if (!message.later_in_round) return;
  std::erase_if(message.settled,
                [](const Settled& one) { return one.verdict.what == Verdict::What::deferred; });
}

std::size_t leave_out_excess(Outgoing& message, smtp::TransactionReport& report) {
  const auto excess = [&](std::size_t i) {
    const auto& reply = report.recipients[i];
    return reply && (too_many_recipients(*reply) || (refused_data(report) && spoils_data(*reply)));
  };
  std::size_t first = 0;
  while (first < report.recipients.size() && !excess(first)) ++first;
  const auto taken = static_cast<std::size_t>(std::count_if(
      report.recipients.begin(), report.recipients.begin() + static_cast<std::ptrdiff_t>(first),
      [](const auto& reply) { return reply && reply->completed(); }));
  if (taken == 0 || first == report.recipients.size()) return 0;
  if (refused_data(report)) {
    report.stage = smtp::Stage::rset;
    return taken;
  }
  keep_only(message, [&](std::size_t i) { return !excess(i); });
  std::erase_if(report.recipients,
                [](const auto& reply) { return reply && too_many_recipients(*reply); });
  message.more = true;
  return taken;
}

void leave_out(Outgoing& message, smtp::TransactionReport& report,
               const std::vector<std::size_t>& those) {
  std::vector<bool> leaves(message.recipients.size());
  for (const std::size_t i : those) leaves[i] = true;
  keep_only(message, [&](std::size_t i) { return !leaves[i]; });
  std::vector<std::optional<smtp::Reply>> kept;
  for (std::size_t i = 0; i < leaves.size(); ++i)
    if (!leaves[i]) kept.push_back(std::move(report.recipients[i]));
  report.recipients = std::move(kept);
  message.more = true;
}

bool goes_on(const smtp::TransactionReport& report) {
  if (!report.error.empty() || report.stage < smtp::Stage::rcpt) return false;
  return !report.reply || report.reply->completed() ||
         (report.reply->permanent() && report.reply->code != 421);
}

}  // namespace mailchute::relay
