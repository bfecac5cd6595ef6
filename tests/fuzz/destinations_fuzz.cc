// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a DNS server answers when it is asked for the servers of a domain: those that are tried
// are among the ones it named, in order of their priorities, have names of hosts and ports, are
// asked for a certificate that the configuration vouches for, and never spoken to with less TLS
// than it says. An answer is two octets of length and so many octets; none is no answer.
#include "relay/destinations.h"

#include <ares.h>

#include <tuple>

#include "fuzz/input.h"
#include "net/dns_records.h"

using namespace mailchute;
using net::Resolver;
using relay::Destination;

namespace {

fuzz::Input answers(nullptr, 0);
std::vector<std::string> asked;

std::string_view take_answer() {
  static std::string answer;
  const std::size_t length = answers.octet() * 256 + answers.octet();
  answer = answers.rest().substr(0, length);
  for (std::size_t i = 0; i < answer.size(); ++i) answers.octet();
  return answer;
}

Resolver::Servers servers;  // that were named at last
struct Named {
  Resolver::Server server;
  std::string question;
};
std::vector<Named> named;  // all of them

}  // namespace

// In the place of the one that asks: see Makefile.
struct net::Resolver::Impl {};
net::Resolver::Resolver(EventLoop&, std::string) {}
net::Resolver::~Resolver() = default;
void net::Resolver::look_up(const std::string& name, Records records, Milliseconds,
                            std::function<void(Result<Servers>)> done) {
  asked.push_back(name);
  const auto answer = take_answer();
  servers.clear();
  const int status = net::read_servers(
      {reinterpret_cast<const unsigned char*>(answer.data()), answer.size()}, records, servers);
  fuzz::require(status == ARES_SUCCESS || servers.empty());
  fuzz::require(servers.size() <= net::kMostServers);
  for (const Server& server : servers) named.push_back({server, name});
  if (status == ARES_SUCCESS || status == ARES_ENODATA) return done(servers);
  done(failure(Error::Kind::temporary, "resolve " + name + ": no answer"));
}

namespace {

config::SmartHost host_of(unsigned bits) {
  config::SmartHost host;
  host.host = "Example.org";
  host.port = 587;
  host.lookup = (bits & 1) == 0 ? config::Lookup::srv : config::Lookup::mx;
  if ((bits & 2) != 0) host.tls = config::Tls::none;
  if ((bits & 4) != 0) host.tls_name = "mail.example.net";
  if ((bits & 8) != 0 && host.lookup == config::Lookup::mx) host.tls = config::Tls::implicit;
  return host;
}

bool is_host(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

void check_certificate(const config::SmartHost& host, const Destination& destination) {
  const std::string& name = destination.tls_name;
  if (!host.tls_name.empty()) return fuzz::require(name == host.tls_name);
  fuzz::require(name == "example.org" ||
                (name.ends_with(".example.org") && to_lower(destination.host).starts_with(name)));
}

config::Tls tls_for(const config::SmartHost& host, const std::string& question) {
  if (host.lookup == config::Lookup::mx || host.tls == config::Tls::none) return host.tls;
  return question == "_submissions._tcp." + host.host ? config::Tls::implicit
                                                      : config::Tls::starttls;
}

void check(const config::SmartHost& host, const Destination& destination) {
  fuzz::require(is_host(destination.host) && destination.port != 0);
  check_certificate(host, destination);
  const auto matches = [&](const Named& one) {
    const auto& [server, question] = one;
    const bool dot = server.name == destination.host + ".";
    return (dot || server.name == destination.host) && destination.tls == tls_for(host, question) &&
           destination.port == (server.port == 0 ? host.port : server.port);
  };
  const bool itself = host.lookup == config::Lookup::mx && servers.empty();
  fuzz::require(itself ? destination.host == host.host && destination.tls == host.tls
                       : std::any_of(named.begin(), named.end(), matches));
}

// The same servers, the first of each priority by chance.
void check_order(const relay::Destinations::Chance& chance) {
  auto sorted = relay::in_order(servers, chance);
  const auto by_priority = [](const auto& a, const auto& b) { return a.priority < b.priority; };
  fuzz::require(std::is_sorted(sorted.begin(), sorted.end(), by_priority));
  const auto by_all = [](const auto& a, const auto& b) {
    return std::tie(a.name, a.port, a.priority, a.weight) <
           std::tie(b.name, b.port, b.priority, b.weight);
  };
  auto before = servers;
  std::sort(before.begin(), before.end(), by_all);
  std::sort(sorted.begin(), sorted.end(), by_all);
  fuzz::require(std::equal(before.begin(), before.end(), sorted.begin(), sorted.end(),
                           [&](const auto& a, const auto& b) { return !by_all(a, b) && !by_all(b, a); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  answers = fuzz::Input(data, size);
  asked.clear();
  named.clear();
  const config::SmartHost host = host_of(answers.octet());
  const relay::Destinations::Chance chance = [state = answers.octet()]() mutable {
    return static_cast<double>(state = state * 5 % 257) / 256;
  };
  // Nobody looks at the loop.
  alignas(net::EventLoop) static unsigned char loop[sizeof(net::EventLoop)];
  relay::Destinations destinations(reinterpret_cast<net::EventLoop&>(loop), host, chance);
  int done = 0;
  destinations.find([&](Result<std::vector<Destination>> found) {
    ++done;
    if (!found) return fuzz::require(fuzz::printable(found.error().text));
    fuzz::require(!found->empty() && found->size() <= 2 * net::kMostServers);
    for (const Destination& destination : *found) check(host, destination);
  });
  fuzz::require(done == 1 && !asked.empty() && asked.size() <= 2);
  check_order(chance);
  return 0;
}
