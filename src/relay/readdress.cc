// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/readdress.h"

#include <set>
#include <utility>

#include "base/text.h"
#include "mail/xtext.h"

namespace mailchute::relay {
namespace {

using What = Verdict::What;

constexpr std::string_view kRefused = "refused by an alias: ";

// As mail::mailbox_key(), of an address in an envelope.
std::string key_of(const std::string& address) {
  const auto at = address.rfind('@');
  return at == std::string::npos ? address : address.substr(0, at) + to_lower(address.substr(at));
}

class Readdressing {
 public:
  Readdressing(const queue::Entry& entry, const mail::Router& router)
      : entry_(entry), router_(router) {}

  // False: nobody is concerned.
  bool run() {
    bool concerned = false;
    const auto& recipients = entry_.envelope().recipients;
    for (std::size_t i = 0; i < recipients.size(); ++i) concerned |= concerns(i);
    if (!concerned) return false;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
      if (!concerns(i)) seen_.insert(key_of(recipients[i].address));
    }
    for (std::size_t i = 0; i < recipients.size(); ++i) place_ += concerns(i) ? take(i) : 1;
    return true;
  }

  // Instead of all that: nobody gets it before everybody can.
  std::vector<Settled> defer_all(const std::string& reason) const {
    std::vector<Settled> all;
    for (std::size_t i = 0; i < entry_.envelope().recipients.size(); ++i) {
      if (concerns(i)) all.push_back({i, deferred(reason)});
    }
    return all;
  }

  std::vector<queue::Entry::Readdressed> changes;
  std::vector<Settled> settled;

 private:
  bool concerns(std::size_t i) const {
    const mail::Recipient& recipient = entry_.envelope().recipients[i];
    return entry_.status(i) == queue::RecipientStatus::to_do && !recipient.expanded &&
           recipient.defect.empty() && router_.concerns(recipient.address);
  }

  // How many recipients there are in its place.
  std::size_t take(std::size_t i) {
    const mail::Recipient& recipient = entry_.envelope().recipients[i];
    const mail::Route route = router_.route(recipient.address);
    if (route.end != mail::Route::End::sent) return settle(verdict_on(route));
    mail::Recipient to = recipient;
    if (to.original.empty()) to.original = mail::typed_original(recipient.address);
    to.expanded = true;
    queue::Entry::Readdressed change{i, {}};
    for (const std::string& address : route.addresses) {
      if (!seen_.insert(key_of(address)).second) continue;
      to.address = address;
      change.to.push_back(to);
    }
    if (change.to.empty())
      return settle(
          {What::discarded, "<" + route.addresses.front() + "> gets it already", "2.0.0"});
    const std::size_t count = change.to.size();
    const bool itself = count == 1 && change.to.front().address == recipient.address;
    if (!itself) changes.push_back(std::move(change));
    return count;
  }

  std::size_t settle(Verdict verdict) {
    settled.push_back({place_, std::move(verdict)});
    return 1;
  }

  static Verdict verdict_on(const mail::Route& route) {
    switch (route.end) {
      case mail::Route::End::refused:
        return {What::failed, refused_by_alias(route.reason), "5.7.1"};
      case mail::Route::End::nowhere: return {What::discarded, route.reason, "2.0.0"};
      case mail::Route::End::unusable:
      case mail::Route::End::sent: break;
    }
    return deferred(route.reason);
  }

  // RFC 3463, 3.4: system incorrectly configured.
  static Verdict deferred(const std::string& reason) { return {What::deferred, reason, "4.3.5"}; }

  const queue::Entry& entry_;
  const mail::Router& router_;
  std::set<std::string> seen_;
  std::size_t place_ = 0;
};

}  // namespace

std::vector<Settled> readdress(queue::Entry& entry, const mail::Router& router) {
  Readdressing readdressing(entry, router);
  if (!readdressing.run()) return {};
  if (readdressing.changes.empty()) return std::move(readdressing.settled);
  const auto done = entry.readdress(readdressing.changes);
  return done ? std::move(readdressing.settled)
              : readdressing.defer_all("aliases: " + done.error().text);
}

std::string refused_by_alias(std::string_view words) { return std::string(kRefused).append(words); }

std::optional<std::string_view> words_of_alias(std::string_view reply) {
  if (!reply.starts_with(kRefused)) return std::nullopt;
  return reply.substr(kRefused.size());
}

}  // namespace mailchute::relay
