// SPDX-License-Identifier: GPL-3.0-or-later
// Whom mail for a recipient goes to, step by step: an address elsewhere stays; a local one goes by
// its alias, and what comes out of that again; a name without alias, or with one that cannot be
// used, goes to the administrator, or where there is none to the same name at the domain. Delivery
// and those who explain it use the same steps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/aliases.h"

namespace mailchute::mail {

inline constexpr std::size_t kMaxRouted = 10000;  // addresses of one recipient: each is sent to
inline constexpr unsigned kMaxAliasDepth = 32;    // names from name to name: no more than a mistake

struct RouteStep {
  enum class Kind {
    elsewhere,  // no address of this machine: as it is
    alias,      // its targets follow, one deeper
    list,       // so do those that are included
    verbatim,   // not looked up, by a backslash or within its own alias
    admin,      // no alias: goes to the administrator
    fallback,   // an alias of no use: to the administrator, too
    domain,     // no alias, no administrator: the name at the domain
    again,      // looked at before
    nowhere,    // thrown away
    refusal,    // the sender is told
    unusable,   // no target at all
  };
  Kind kind;
  unsigned depth;
  std::string subject;   // the name, address or path it is about
  std::string place{};   // "/etc/aliases:12"; empty: none
  std::string result{};  // an address, or what is said to the sender, or why not
};

// "root: alias at /etc/aliases:12"
std::string describe(const RouteStep& step);

struct Route {
  enum class End {
    sent,      // to `addresses`
    nowhere,   // thrown away
    refused,   // the sender is told `reason`
    unusable,  // `reason` is what has to be mended first
  };
  End end = End::sent;
  std::vector<std::string> addresses;  // each once
  std::string reason;
  std::vector<RouteStep> steps;
};

class Router {
 public:
  Router() = default;
  Router(std::string hostname, std::string domain, std::optional<Address> admin, Aliases aliases);

  // `address` as in mail::Recipient, or a bare name; what is no address stays as it is.
  Route route(std::string_view address) const;
  // False: its route is itself.
  bool concerns(std::string_view address) const;
  const Aliases& aliases() const { return aliases_; }
  const std::optional<Address>& admin() const { return admin_; }
  // What is wrong with the aliases, a line each: loops, too, and names that lead nowhere.
  std::vector<std::string> complaints() const;

 private:
  class Expansion;
  std::string hostname_;
  std::string domain_;
  std::optional<Address> admin_;
  Aliases aliases_;
};

}  // namespace mailchute::mail
