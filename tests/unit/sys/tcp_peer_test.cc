// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/tcp_peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "sys/unique_fd.h"

namespace mailchute::sys {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address address(int family, const char* text) {
  Address result;
  if (family == AF_INET) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    EXPECT_EQ(::inet_pton(AF_INET, text, &v4.sin_addr), 1);
    std::memcpy(&result.storage, &v4, result.length = sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    EXPECT_EQ(::inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    std::memcpy(&result.storage, &v6, result.length = sizeof v6);
  }
  return result;
}

// The port is at the same place for both families.
in_port_t port_of(const Address& of) {
  sockaddr_in v4;
  std::memcpy(&v4, &of.storage, sizeof v4);
  return v4.sin_port;
}

void set_port(Address& of, in_port_t port) {
  sockaddr_in v4;
  std::memcpy(&v4, &of.storage, sizeof v4);
  v4.sin_port = port;
  std::memcpy(&of.storage, &v4, sizeof v4);
}

struct Pair {
  UniqueFd listening, client, accepted;
};

// A client of `family` at `to` of a server that listens on `on`; its own address is `from`, if given.
Pair connect(int server_family, const char* on, int client_family, const char* to, const char* from = nullptr) {
  Pair pair;
  Address at = address(server_family, on);
  pair.listening.reset(::socket(server_family, SOCK_STREAM, 0));
  const int off = 0;
  if (server_family == AF_INET6)
    ::setsockopt(pair.listening.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(pair.listening.get(), at.get(), at.length) != 0) return {};
  ::listen(pair.listening.get(), 1);
  ::getsockname(pair.listening.get(), at.get(), &at.length);
  Address target = address(client_family, to);
  set_port(target, port_of(at));
  pair.client.reset(::socket(client_family, SOCK_STREAM, 0));
  if (from != nullptr) {
    Address own = address(client_family, from);
    EXPECT_EQ(::bind(pair.client.get(), own.get(), own.length), 0) << strerror(errno);
  }
  EXPECT_EQ(::connect(pair.client.get(), target.get(), target.length), 0) << strerror(errno);
  pair.accepted.reset(::accept(pair.listening.get(), nullptr, nullptr));
  return pair;
}

bool has_ipv6() { return static_cast<bool>(connect(AF_INET6, "::1", AF_INET6, "::1").accepted); }

void until_readable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  ASSERT_EQ(::poll(&watched, 1, 10000), 1);
}

TEST(TcpPeer, IsKnownOverIpv4) {
  const Pair pair = connect(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1");
  EXPECT_EQ(uid_of_tcp_peer(pair.accepted.get()), ::geteuid());
}

TEST(TcpPeer, IsKnownOnAnyLoopbackAddress) {
  const Pair pair = connect(AF_INET, "0.0.0.0", AF_INET, "127.8.9.10");
  EXPECT_EQ(uid_of_tcp_peer(pair.accepted.get()), ::geteuid());
}

TEST(TcpPeer, IsKnownOverIpv6) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  const Pair pair = connect(AF_INET6, "::1", AF_INET6, "::1");
  EXPECT_EQ(uid_of_tcp_peer(pair.accepted.get()), ::geteuid());
}

TEST(TcpPeer, IsKnownWhereIpv4IsMappedIntoIpv6OnEitherSide) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  const Pair server = connect(AF_INET6, "::", AF_INET, "127.0.0.1");
  EXPECT_EQ(uid_of_tcp_peer(server.accepted.get()), ::geteuid());
  const Pair client = connect(AF_INET, "127.0.0.1", AF_INET6, "::ffff:127.0.0.1");
  EXPECT_EQ(uid_of_tcp_peer(client.accepted.get()), ::geteuid());
}

TEST(TcpPeer, IsKnownWhileItOnlyListens) {
  const Pair pair = connect(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1");
  ::shutdown(pair.client.get(), SHUT_WR);
  until_readable(pair.accepted.get());
  EXPECT_EQ(uid_of_tcp_peer(pair.accepted.get()), ::geteuid());
}

TEST(TcpPeer, IsNotRootWhenItHasGone) {
  Pair pair = connect(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1");
  pair.client.reset();
  until_readable(pair.accepted.get());
  EXPECT_EQ(uid_of_tcp_peer(pair.accepted.get()), std::nullopt);
}

// A later connection from the same port is another user's: the first one is not his. At an address of
// its own no other program takes the port in between.
TEST(TcpPeer, IsNotWhoHasThePortLater) {
  const auto pid = static_cast<unsigned>(::getpid());
  const std::string from = "127.9." + std::to_string(pid / 256 % 256) + "." + std::to_string(pid % 256);
  Pair pair = connect(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1", from.c_str());
  Address local, remote;
  ::getsockname(pair.client.get(), local.get(), &local.length);
  ::getpeername(pair.client.get(), remote.get(), &remote.length);
  const linger reset{1, 0};
  ::setsockopt(pair.client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  pair.client.reset();
  until_readable(pair.accepted.get());

  const UniqueFd later(::socket(AF_INET, SOCK_STREAM, 0));
  const int on = 1;
  ::setsockopt(later.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ASSERT_EQ(::bind(later.get(), local.get(), local.length), 0);
  ASSERT_EQ(::connect(later.get(), remote.get(), remote.length), 0);
  EXPECT_EQ(uid_of_tcp_peer(pair.accepted.get()), std::nullopt);
  const UniqueFd accepted(::accept(pair.listening.get(), nullptr, nullptr));
  EXPECT_EQ(uid_of_tcp_peer(accepted.get()), ::geteuid());
}

TEST(TcpPeer, IsUnknownForWhatIsNoTcp) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const UniqueFd one(ends[0]), other(ends[1]);
  EXPECT_EQ(uid_of_tcp_peer(one.get()), std::nullopt);
}

// As root the other end is made by somebody else.
TEST(TcpPeer, IsTheUserWhoMadeTheSocket) {
  if (::geteuid() != 0) GTEST_SKIP() << "takes root to be two users";
  ASSERT_EQ(::seteuid(12345), 0);
  const Pair pair = connect(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1");
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(uid_of_tcp_peer(pair.accepted.get()), 12345u);
}

TEST(TcpPeer, ThatIsTheOverflowUidIsNobody) {
  if (::geteuid() != 0) GTEST_SKIP() << "takes root to be two users";
  ASSERT_EQ(::seteuid(65534), 0);
  const Pair pair = connect(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1");
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(uid_of_tcp_peer(pair.accepted.get()), std::nullopt);
}

}  // namespace
}  // namespace mailchute::sys
