// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/learned.h"

#include <algorithm>
#include <utility>

#include "relay/refusal.h"

namespace mailchute::relay {
namespace {

using smtp::Capabilities;
using smtp::Capability;
using smtp::Stage;
using smtp::TransactionReport;

constexpr Seconds kFor{3600};
constexpr unsigned kLosses = 2;  // one may be the network's

// What was made use of up to this stage, and not taken before it.
Capabilities used_at(Stage stage, const TransactionReport& report) {
  Capabilities used = stage == Stage::mail ? report.at_mail : Capabilities();
  if (report.pipelined) used.insert(Capability::pipelining);
  const bool wishes =
      std::find(report.wishes.begin(), report.wishes.end(), true) != report.wishes.end();
  if (stage == Stage::rcpt && wishes) used.insert(Capability::dsn);
  used.erase(Capability::smtp_utf8);  // cannot be done without
  return used;
}

bool makes_use(const TransactionReport& report, Capability capability) {
  return used_at(Stage::mail, report).count(capability) != 0 ||
         used_at(Stage::rcpt, report).count(capability) != 0;
}

}  // namespace

Capabilities Learned::without(const std::string& id, Instant now) const {
  Capabilities without;
  for (const auto& [capability, until] : broken_)
    if (now < until) without.insert(capability);
  for (const auto& [capability, loss] : losses_)
    if (loss.times >= kLosses) without.insert(capability);
  if (const auto trial = trials_.find(id); trial != trials_.end())
    without.insert(trial->second.without.begin(), trial->second.without.end());
  return without;
}

bool Learned::passed(const Trial& trial, const std::vector<std::string>& addresses,
                     const TransactionReport& report) {
  if (trial.stage == Stage::mail) return report.stage > Stage::mail;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto& reply = report.recipients[i];
    if (reply && reply->completed() && trial.addresses.count(addresses[i]) != 0) return true;
  }
  return false;
}

void Learned::find_refusal(const std::string& id, const std::vector<std::string>& addresses,
                           const TransactionReport& report, Finding& finding) {
  Trial trial{{}, Stage::rcpt, {}, {}};
  if (report.stage == Stage::mail && report.reply) {
    trial.without = suspects(*report.reply, report.at_mail, report.pipelined);
    trial.stage = Stage::mail;
    trial.reply = report.reply->text();
  }
  const bool whole = !trial.without.empty();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto& reply = report.recipients[i];
    const bool wish =
        reply && report.wishes[i] && !suspects(*reply, {Capability::dsn}, false).empty();
    if (!whole && !wish) continue;
    if (wish) trial.without.insert(Capability::dsn);
    if (wish) trial.reply = reply->text();
    trial.addresses.insert(addresses[i]);
    finding.again.push_back(i);
  }
  if (!finding.again.empty()) trials_.insert_or_assign(id, std::move(trial));
}

Learned::Finding Learned::reported(const std::string& id, const std::vector<std::string>& addresses,
                                   const TransactionReport& report, Instant now) {
  Finding finding;
  if (report.local) return finding;
  went_on(report, now, finding);
  lost(report);
  if (report.stage <= Stage::rset) return finding;
  const auto trial = trials_.extract(id);
  if (trial && passed(trial.mapped(), addresses, report)) {
    for (const Capability capability : trial.mapped().without) broken(capability, now, finding);
    finding.reply = trial.mapped().reply;
  }
  find_refusal(id, addresses, report, finding);
  return finding;
}

void Learned::forget(const std::string& id) { trials_.erase(id); }

void Learned::broken(Capability capability, Instant now, Finding& finding) {
  Instant& until = broken_[capability];
  if (until <= now) finding.broken.insert(capability);
  until = now + kFor;
  losses_.erase(capability);
}

// Over a connection that has taken a transaction the server's patience may have come to its end.
void Learned::lost(const TransactionReport& report) {
  if (!report.dropped || report.stage > Stage::data) return;
  const Capabilities used = used_at(report.stage, report);
  // Without it, no better.
  std::erase_if(losses_, [&](const auto& entry) {
    const auto& [capability, loss] = entry;
    return loss.times >= kLosses && report.left_off.count(capability) != 0 &&
           report.stage <= loss.stage;
  });
  for (const Capability capability : used) {
    Loss& loss = losses_[capability];
    ++loss.times;
    loss.stage = report.stage;
  }
}

void Learned::went_on(const TransactionReport& report, Instant now, Finding& finding) {
  for (const auto& [capability, loss] : std::map(losses_)) {
    if (report.stage <= loss.stage) continue;
    if (makes_use(report, capability)) losses_.erase(capability);
    else if (loss.times >= kLosses && report.left_off.count(capability) != 0)
      broken(capability, now, finding);
  }
}

void Learned::took(std::size_t recipients, Instant now) {
  takes_ = recipients;
  takes_until_ = now + kFor;
}

std::size_t Learned::recipients(Instant now) const { return now < takes_until_ ? takes_ : 0; }

}  // namespace mailchute::relay
