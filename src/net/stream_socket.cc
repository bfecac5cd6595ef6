// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/stream_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/socket_address.h"

namespace mailchute::net {

int family_of(int fd) {
  int family = AF_UNSPEC;
  socklen_t length = sizeof family;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length);
  return family;
}

std::string peer_of(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* const out = reinterpret_cast<sockaddr*>(&address);
  if (::getpeername(fd, out, &length) != 0) return {};
  return SocketAddress::of(out, length).text();
}

std::optional<PeerCredentials> credentials_of(int fd) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (family_of(fd) != AF_UNIX) return std::nullopt;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return std::nullopt;
  return PeerCredentials{peer.pid, peer.uid, peer.gid};
}

void tune(int fd) {
  const int family = family_of(fd);
  if (family != AF_INET && family != AF_INET6) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  // What is written counts as progress against time limits, so the kernel must not first take
  // megabytes and then say nothing until a third of them is gone.
  const int unsent = 64 << 10;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

bool deserted(int fd) {
  pollfd watched{fd, 0, 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

}  // namespace mailchute::net
