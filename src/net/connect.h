// SPDX-License-Identifier: GPL-3.0-or-later
// Name to connection: A and AAAA with a deadline (c-ares: a silent DNS server blocks nothing), then
// each address in turn until one answers. IPv6 and IPv4 in the resolver's order (RFC 6724).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "net/connection.h"

namespace mailchute::net {

class Connector {
 public:
  using Done = std::function<void(Result<std::unique_ptr<Connection>>)>;

  // `dns_servers`: "192.0.2.53:53,[2001:db8::53]:53"; empty: those of /etc/resolv.conf.
  explicit Connector(EventLoop& loop, std::string dns_servers = {});
  ~Connector();  // forgets what is under way
  Connector(const Connector&) = delete;

  // `host` is a name or an address ("192.0.2.1", "2001:db8::1", with or without brackets).
  // `each` bounds one address. Connecting again forgets what was under way. An error names the host
  // and the reason of the last address tried: "resolve mail.example.org: no such host", "connect to
  // mail.example.org[192.0.2.1]:587: refused".
  void connect(const std::string& host, std::uint16_t port, Milliseconds resolve, Milliseconds each,
               Done done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace mailchute::net
