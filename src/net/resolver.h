// SPDX-License-Identifier: GPL-3.0-or-later
// Host name to addresses by c-ares: /etc/hosts, then A and AAAA, in the order of RFC 6724; and
// domain to servers by SRV or MX records. Every question reads the system's configuration anew, so
// that a changed resolv.conf counts at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "net/event_loop.h"
#include "net/socket_address.h"

namespace mailchute::net {

class Resolver {
 public:
  using Addresses = std::vector<SocketAddress>;  // never empty
  using Done = std::function<void(Result<Addresses>)>;

  // `dns_servers`: "192.0.2.53:53,[2001:db8::53]:53"; empty: the system's.
  explicit Resolver(EventLoop& loop, std::string dns_servers = {});
  ~Resolver();  // forgets what is under way
  Resolver(const Resolver&) = delete;

  // A server that a record names; without a name the record says that there is none (".": RFC 2782,
  // RFC 7505).
  struct Server {
    std::string name;
    std::uint16_t port = 0;  // SRV
    unsigned priority = 0;
    unsigned weight = 0;  // SRV
  };
  using Servers = std::vector<Server>;  // in no order; empty: there are no such records
  enum class Records { srv, mx };
  void look_up(const std::string& name, Records records, Milliseconds deadline,
               std::function<void(Result<Servers>)> done);

  // A name or an address, with or without brackets. A name with a final dot is absolute: the
  // search list of resolv.conf is left alone. Asking again forgets the earlier question.
  void resolve(const std::string& host, std::uint16_t port, Milliseconds deadline, Done done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace mailchute::net
