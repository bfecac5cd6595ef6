// SPDX-License-Identifier: GPL-3.0-or-later
// An IPv4 or IPv6 address with a port, as the kernel wants it and as people read it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailchute::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  static SocketAddress of(const sockaddr* address, socklen_t length);
  // "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; nothing for anything else, names among it.
  static std::optional<SocketAddress> parse(std::string_view literal, std::uint16_t port);

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  std::uint16_t port() const;
  std::string host() const;  // "192.0.2.1", "2001:db8::1"; empty if neither IPv4 nor IPv6
  std::string text() const;  // "192.0.2.1:587", "[2001:db8::1]:587"; likewise
};

// "[2001:db8::1]" without its brackets; anything else as it is.
std::string_view without_brackets(std::string_view host);

}  // namespace mailchute::net
