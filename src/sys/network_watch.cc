// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/network_watch.h"

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace mailchute::sys {
namespace {

constexpr unsigned kGroups =
    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
// Of one drain(): who adds routes without end keeps nobody from other work.
constexpr int kMostReads = 64;

// What follows the header; zeros where it is cut short.
template <class T>
T content(std::string_view message) {
  T value{};
  message.remove_prefix(std::min(message.size(), std::size_t{NLMSG_HDRLEN}));
  if (message.size() >= sizeof value) std::memcpy(&value, message.data(), sizeof value);
  return value;
}

// An IPv6 address is of no use before it is known to be nobody else's, and is told of again then.
bool opens_a_way(unsigned type, std::string_view message) {
  switch (type) {
    case RTM_NEWLINK: {
      const auto link = content<ifinfomsg>(message);
      return (link.ifi_flags & IFF_RUNNING) != 0 && (link.ifi_flags & IFF_LOOPBACK) == 0;
    }
    case RTM_NEWADDR: {
      const auto address = content<ifaddrmsg>(message);
      return address.ifa_scope < RT_SCOPE_LINK && (address.ifa_flags & IFA_F_TENTATIVE) == 0;
    }
    case RTM_NEWROUTE: {
      const auto route = content<rtmsg>(message);
      return route.rtm_type == RTN_UNICAST && route.rtm_table != RT_TABLE_LOCAL;
    }
    default: return false;
  }
}

}  // namespace

bool opens_a_way(std::string_view messages) {
  while (messages.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, messages.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > messages.size()) return false;
    if (opens_a_way(header.nlmsg_type, messages.substr(0, header.nlmsg_len))) return true;
    messages.remove_prefix(std::min<std::size_t>(messages.size(), NLMSG_ALIGN(header.nlmsg_len)));
  }
  return false;
}

Result<NetworkWatch> NetworkWatch::open() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kGroups;
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failure(Error::from_errno("watch", "the network"));
  }
  return NetworkWatch(std::move(fd));
}

// Only the kernel, who has number 0, is believed.
bool NetworkWatch::drain() {
  alignas(nlmsghdr) std::array<char, 32768> buffer;
  bool news = false;
  for (int reads = 0; reads < kMostReads; ++reads) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const auto n = ::recvfrom(fd(), buffer.data(), buffer.size(), 0,
                              reinterpret_cast<sockaddr*>(&from), &length);
    if (n < 0 && errno == ENOBUFS) news = true;
    if (n < 0 && errno != ENOBUFS && errno != EINTR) break;
    if (n > 0 && from.nl_pid == 0)
      news |= opens_a_way({buffer.data(), static_cast<std::size_t>(n)});
  }
  return news;
}

}  // namespace mailchute::sys
