// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/smart_host_routes.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "mail/address_list.h"

namespace mailchute::config {
namespace {

std::vector<mail::AddressPattern> parsed(const std::vector<std::string>& texts) {
  std::vector<mail::AddressPattern> patterns;
  for (const std::string& text : texts) {
    if (auto pattern = mail::AddressPattern::parse(text)) patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

bool any_matches(const std::vector<mail::AddressPattern>& patterns, const mail::Address& address) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const mail::AddressPattern& pattern) { return pattern.matches(address); });
}

std::vector<std::size_t> indices_of(const std::vector<std::string>& names,
                                    const Settings& settings) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < settings.smart_hosts.size(); ++i) {
    if (std::find(names.begin(), names.end(), settings.smart_hosts[i].name) != names.end())
      indices.push_back(i);
  }
  return indices;
}

}  // namespace

SmartHostRoutes::SmartHostRoutes(const Settings& settings)
    : hostname_(settings.hostname), domain_(settings.domain) {
  std::vector<std::size_t> unnamed(settings.smart_hosts.size());
  std::iota(unnamed.begin(), unnamed.end(), 0);
  for (const SmartHostRoute& route : settings.routes) {
    hosts_.push_back(indices_of(route.smart_hosts, settings));
    if (route.senders.empty() && route.recipients.empty()) return;  // all other mail
    rules_.push_back({parsed(route.senders), parsed(route.recipients)});
    for (const std::size_t host : hosts_.back()) std::erase(unnamed, host);
  }
  hosts_.push_back(std::move(unnamed));
}

std::size_t SmartHostRoutes::of(std::string_view reverse_path, std::string_view recipient) const {
  std::size_t route = 0;
  while (route < rules_.size() && !matches(rules_[route], reverse_path, recipient)) ++route;
  return route;
}

bool SmartHostRoutes::matches(const Rule& rule, std::string_view reverse_path,
                              std::string_view recipient) const {
  if (!rule.recipients.empty()) {
    const auto address = mail::parse_address(recipient);
    if (!address || !any_matches(rule.recipients, *address)) return false;
  }
  if (rule.senders.empty()) return true;
  const auto sender = mail::parse_address(reverse_path);
  if (!sender) return false;
  if (any_matches(rule.senders, *sender)) return true;
  return mail::is_local(*sender, hostname_) &&
         any_matches(rule.senders, {sender->local_part, domain_});
}

}  // namespace mailchute::config
