// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/sender_policy.h"

#include "mail/address_list.h"

namespace mailchute::config {

mail::SenderPolicy sender_policy(const Settings& settings, const SmartHost& host) {
  using Kind = mail::SenderPolicy::Kind;
  mail::SenderPolicy policy{.hostname = settings.hostname, .domain = settings.domain};
  if (host.sender == "keep") policy.kind = Kind::keep;
  const mail::AddressList address = mail::parse_address_list(host.sender);
  if (host.sender.find('@') != host.sender.npos && !address.addresses.empty()) {
    policy.kind = Kind::fixed;
    policy.address = address.addresses.front().address;
  }
  for (const std::string& pattern : host.sender_exceptions) {
    if (auto parsed = mail::AddressPattern::parse(pattern))
      policy.exceptions.push_back(std::move(*parsed));
  }
  return policy;
}

std::string sender_advice(const Settings& settings, const SmartHost& host) {
  const mail::SenderPolicy policy = sender_policy(settings, host);
  const mail::Address root = policy.as_sent(mail::Address{"root", settings.hostname});
  if (root.domain.find('.') != root.domain.npos) return {};
  return "mail of this machine will be from " + root.text() +
         ", which most smart hosts refuse; set domain = \"example.org\"; or, in smart_host, sender "
         "= "
         "\"alerts@example.org\";";
}

}  // namespace mailchute::config
