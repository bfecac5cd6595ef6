// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace mailchute::net {
namespace {

// The storage may hold either; memcpy keeps the aliasing rules.
template <class T>
T view_as(const sockaddr_storage& storage) {
  T address;
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

template <class T>
SocketAddress made_of(const T& address) {
  return SocketAddress::of(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

}  // namespace

SocketAddress SocketAddress::of(const sockaddr* address, socklen_t length) {
  SocketAddress result;
  result.length = std::min<socklen_t>(length, sizeof result.storage);
  std::memcpy(&result.storage, address, result.length);
  return result;
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view literal, std::uint16_t port) {
  const std::string host(without_brackets(literal));
  sockaddr_in v4{};
  if (host.size() == literal.size() && ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return made_of(v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return made_of(v6);
  }
  return std::nullopt;
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(view_as<sockaddr_in>(storage).sin_port);
  if (family() == AF_INET6) return ntohs(view_as<sockaddr_in6>(storage).sin6_port);
  return 0;
}

std::string SocketAddress::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    const auto address = view_as<sockaddr_in>(storage);
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  } else if (family() == AF_INET6) {
    const auto address = view_as<sockaddr_in6>(storage);
    ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
  }
  return text;
}

std::string SocketAddress::text() const {
  const std::string name = host();
  if (name.empty()) return {};
  return (family() == AF_INET6 ? "[" + name + "]" : name) + ":" + std::to_string(port());
}

std::string_view without_brackets(std::string_view host) {
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return host;
  return host.substr(1, host.size() - 2);
}

}  // namespace mailchute::net
