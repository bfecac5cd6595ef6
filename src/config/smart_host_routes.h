// SPDX-License-Identifier: GPL-3.0-or-later
// By which smart hosts a recipient's mail goes: the routes of the configuration, and the default
// one for what none of them matches.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "mail/address_pattern.h"

namespace mailchute::config {

class SmartHostRoutes {
 public:
  // Of checked settings that have a smart host.
  explicit SmartHostRoutes(const Settings& settings);

  // Of each route, as indices in settings.smart_hosts; the last route is the default one.
  const std::vector<std::vector<std::size_t>>& hosts() const { return hosts_; }
  // The index of the route for a message from `reverse_path` (empty: the null reverse-path, which
  // no pattern of senders matches), as it stands in the queue, to `recipient`, as it is sent to.
  std::size_t of(std::string_view reverse_path, std::string_view recipient) const;

 private:
  struct Rule {
    std::vector<mail::AddressPattern> senders;
    std::vector<mail::AddressPattern> recipients;
  };
  bool matches(const Rule& rule, std::string_view reverse_path, std::string_view recipient) const;

  std::string hostname_;
  std::string domain_;
  std::vector<Rule> rules_;
  std::vector<std::vector<std::size_t>> hosts_;
};

}  // namespace mailchute::config
