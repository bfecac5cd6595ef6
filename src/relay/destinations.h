// SPDX-License-Identifier: GPL-3.0-or-later
// The servers that a smart host's name stands for, in the order in which they are tried.
//
//   address  the name itself
//   srv      what _submissions._tcp.NAME lists (TLS from the first octet, RFC 8314), then what
//            _submission._tcp.NAME does (STARTTLS, RFC 6186)
//   mx       what its MX records list, or where there are none the name itself (RFC 5321, 5.1)
//
// DNS answers can be forged: a certificate must be for the name that was configured, or for that of
// the server where it lies within that domain.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "net/resolver.h"

namespace mailchute::relay {

struct Destination {
  std::string host;
  std::uint16_t port;
  config::Tls tls;
  std::string tls_name;   // that its certificate must be for
  bool absolute = false;  // the host's name is, as all in DNS records
};

// One smart host's. Empty where the records say that it offers no such service.
class Destinations {
 public:
  using Done = std::function<void(Result<std::vector<Destination>>)>;
  using Chance = std::function<double()>;  // from 0 to 1

  // `host` outlives it.
  Destinations(net::EventLoop& loop, const config::SmartHost& host, Chance chance);
  void find(Done done);

 private:
  void ask(config::Tls tls, std::vector<Destination> before, Done done);
  void ask_for_exchangers(Done done);
  std::vector<Destination> of(net::Resolver::Servers servers, config::Tls tls) const;

  const config::SmartHost& host_;
  Chance chance_;
  net::Resolver resolver_;
};

// Lower priority first; among equals by weight and chance, as RFC 2782 has it.
net::Resolver::Servers in_order(net::Resolver::Servers servers, const Destinations::Chance& chance);

// What the certificate of `server` must be for.
std::string certificate_name(const config::SmartHost& host, const std::string& server);

}  // namespace mailchute::relay
