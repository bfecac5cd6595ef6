// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/tcp_peer.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

#include "sys/unique_fd.h"

namespace mailchute::sys {
namespace {

constexpr uid_t kOverflowUid = 65534;  // somebody of another user namespace

// One end of a connection, as the kernel's tables have it: IPv4 also where it is mapped into IPv6.
struct End {
  std::uint8_t family = AF_UNSPEC;
  in6_addr address{};  // of IPv4 the first word
  in_port_t port = 0;

  bool loopback() const {
    if (family == AF_INET) return address.s6_addr[0] == 127;
    return family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address);
  }
};

End end_of(const sockaddr_storage& storage) {
  End end;
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof v4);
    end.family = AF_INET;
    std::memcpy(&end.address, &v4.sin_addr, sizeof v4.sin_addr);
    end.port = v4.sin_port;
  } else if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof v6);
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
    end.family = mapped ? AF_INET : AF_INET6;
    std::memcpy(&end.address, v6.sin6_addr.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
    end.port = v6.sin6_port;
  }
  return end;
}

using Name = int (*)(int, sockaddr*, socklen_t*);

End end_of(int socket, Name name) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (name(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return end_of(storage);
}

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

// For the socket that has `local` on its own side.
Request request_for(const End& local, const End& remote) {
  Request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = local.family;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0u;
  inet_diag_sockid& id = request.body.id;
  id.idiag_sport = local.port;
  id.idiag_dport = remote.port;
  std::memcpy(id.idiag_src, &local.address, sizeof local.address);
  std::memcpy(id.idiag_dst, &remote.address, sizeof remote.address);
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

std::optional<inet_diag_msg> ask_kernel(const Request& request) {
  const UniqueFd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink || ::send(netlink.get(), &request, sizeof request, 0) != sizeof request)
    return std::nullopt;
  alignas(nlmsghdr) char answer[1024];  // the kernel has answered by now
  const ssize_t size = ::recv(netlink.get(), answer, sizeof answer, MSG_DONTWAIT);
  nlmsghdr header;
  inet_diag_msg found;
  if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof found))) return std::nullopt;
  std::memcpy(&header, answer, sizeof header);
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
  std::memcpy(&found, answer + NLMSG_HDRLEN, sizeof found);
  return found;
}

// Somebody has it: a socket that nobody has any more belongs to uid 0, says the kernel. A state
// before the connection was made is that of a later one.
bool held(const inet_diag_msg& socket) {
  const bool made = socket.idiag_state == TCP_ESTABLISHED || socket.idiag_state == TCP_FIN_WAIT1 ||
                    socket.idiag_state == TCP_FIN_WAIT2;
  return made && socket.idiag_inode != 0;
}

// As long as it does there can be no later connection between the same ports.
bool lives(int connected) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(connected, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
  return info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT;
}

}  // namespace

std::optional<uid_t> uid_of_tcp_peer(int connected) {
  const End here = end_of(connected, ::getsockname);
  const End there = end_of(connected, ::getpeername);
  if (!here.loopback() || !there.loopback()) return std::nullopt;
  const auto found = ask_kernel(request_for(there, here));
  if (!found || !held(*found) || !lives(connected)) return std::nullopt;
  if (found->idiag_uid == kOverflowUid) return std::nullopt;
  return found->idiag_uid;
}

}  // namespace mailchute::sys
