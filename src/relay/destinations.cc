// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/destinations.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace mailchute::relay {
namespace {

using config::Lookup;
using config::SmartHost;
using config::Tls;
using net::Resolver;

std::string without_dot(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return name;
}

// One that says that there is nothing counts for nothing.
void drop_nameless(Resolver::Servers& servers) {
  std::erase_if(servers, [](const Resolver::Server& server) { return server.name.empty(); });
}

Error none(const SmartHost& host, const std::string& why) {
  return {Error::Kind::temporary, "resolve " + host.host + ": " + why};
}

}  // namespace

Resolver::Servers in_order(Resolver::Servers servers, const Destinations::Chance& chance) {
  std::stable_sort(servers.begin(), servers.end(),
                   [](const auto& a, const auto& b) { return a.priority < b.priority; });
  for (auto next = servers.begin(); next != servers.end(); ++next) {
    const auto end = std::find_if(
        next, servers.end(), [&](const auto& other) { return other.priority != next->priority; });
    double all = 0;
    for (auto one = next; one != end; ++one)
      all += one->weight + 0.01;  // no weight is a small chance
    double at = chance() * all;
    auto chosen = next;
    for (; chosen + 1 != end; ++chosen) {
      at -= chosen->weight + 0.01;
      if (at < 0) break;
    }
    std::rotate(next, chosen, chosen + 1);
  }
  return servers;
}

std::string certificate_name(const SmartHost& host, const std::string& server) {
  if (!host.tls_name.empty()) return host.tls_name;
  const std::string domain = to_lower(without_dot(host.host));
  const std::string name = to_lower(without_dot(server));
  return name.ends_with("." + domain) ? name : domain;
}

Destinations::Destinations(net::EventLoop& loop, const SmartHost& host, Chance chance)
    : host_(host), chance_(std::move(chance)), resolver_(loop) {}

void Destinations::find(Done done) {
  switch (host_.lookup) {
    case Lookup::address:
      return done(std::vector<Destination>{{host_.host, host_.port, host_.tls,
                                            host_.tls_name.empty() ? host_.host : host_.tls_name}});
    case Lookup::srv:
      return ask(host_.tls == Tls::none ? Tls::none : Tls::implicit, {}, std::move(done));
    case Lookup::mx: return ask_for_exchangers(std::move(done));
  }
}

std::vector<Destination> Destinations::of(Resolver::Servers servers, Tls tls) const {
  std::vector<Destination> found;
  for (Resolver::Server& server : in_order(std::move(servers), chance_)) {
    const std::uint16_t port = server.port == 0 ? host_.port : server.port;
    const std::string name = without_dot(server.name);
    found.push_back({name, port, tls, certificate_name(host_, name), true});
  }
  return found;
}

// The first question fails for reasons that the second one may be without.
void Destinations::ask(Tls tls, std::vector<Destination> before, Done done) {
  const std::string service = tls == Tls::implicit ? "_submissions._tcp." : "_submission._tcp.";
  resolver_.look_up(service + host_.host, Resolver::Records::srv, host_.timeouts.resolve,
                    [this, tls, all = std::move(before),
                     done = std::move(done)](Result<Resolver::Servers> servers) mutable {
                      if (servers) {
                        drop_nameless(*servers);
                        for (Destination& server : of(std::move(*servers), tls))
                          all.push_back(std::move(server));
                      }
                      if (tls == Tls::implicit)
                        return ask(Tls::starttls, std::move(all), std::move(done));
                      if (!all.empty()) return done(std::move(all));
                      if (!servers) return done(failure(servers.error()));
                      done(failure(none(host_, "no SRV record offers message submission there")));
                    });
}

void Destinations::ask_for_exchangers(Done done) {
  resolver_.look_up(
      host_.host, Resolver::Records::mx, host_.timeouts.resolve,
      [this, done = std::move(done)](Result<Resolver::Servers> servers) {
        if (!servers) return done(failure(servers.error()));
        if (servers->empty()) servers->push_back({host_.host});
        drop_nameless(*servers);
        if (servers->empty())
          return done(failure(none(host_, "its MX record says that it takes no mail")));
        done(of(std::move(*servers), host_.tls));
      });
}

}  // namespace mailchute::relay
