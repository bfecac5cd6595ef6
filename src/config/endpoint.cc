// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/endpoint.h"

#include <arpa/inet.h>

#include <limits>

#include "base/text.h"

namespace mailchute::config {
namespace {

constexpr char kLocalhost[] = "localhost";
constexpr char kAny[] = "*";

bool is_ipv4(const std::string& text) {
  in_addr address;
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

std::optional<in6_addr> ipv6(const std::string& text) {
  in6_addr address;
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

std::optional<std::string> parse_host(std::string_view text) {
  const bool brackets = text.starts_with('[') && text.ends_with(']');
  const std::string host(brackets ? text.substr(1, text.size() - 2) : text);
  if (brackets) return ipv6(host) ? std::optional(host) : std::nullopt;
  if (host == kAny || host == kLocalhost || is_ipv4(host)) return host;
  return std::nullopt;
}

}  // namespace

bool Endpoint::loopback() const {
  if (is_ipv4(host)) return host.starts_with("127.");
  const auto address = ipv6(host);
  return address ? IN6_IS_ADDR_LOOPBACK(&*address) : host == kLocalhost;
}

std::string Endpoint::text() const {
  return (ipv6(host) ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const auto port = parse_number(text.substr(colon + 1));
  const auto host = parse_host(text.substr(0, colon));
  if (!host || !port || *port == 0 || *port > std::numeric_limits<std::uint16_t>::max())
    return std::nullopt;
  return Endpoint{*host, static_cast<std::uint16_t>(*port)};
}

}  // namespace mailchute::config
