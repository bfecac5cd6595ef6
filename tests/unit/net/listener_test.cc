// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/listener.h"

#include <sys/resource.h>
#include <sys/un.h>

#include <cstring>
#include <ctime>

#include "net/socket_address.h"
#include "sys/listening_socket.h"
#include "unit/net/fixture.h"

namespace mailchute::net {
namespace {

sys::UniqueFd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  sys::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return fd;
}

class ListenerTest : public NetTest {
 protected:
  Listener listen() {
    return Listener::on(loop, descriptor(), [this](ConnectionPtr connection) {
      accepted.push_back(std::move(connection));
      stop();
    });
  }
  sys::UniqueFd descriptor() const { return sys::UniqueFd(::dup(socket.fd())); }

  TemporaryFolder folder;
  std::string path = folder / "socket";
  sys::ListeningSocket socket = std::move(*sys::ListeningSocket::open(path, 0600));
  std::vector<ConnectionPtr> accepted;
};

TEST_F(ListenerTest, AcceptsOnAUnixSocketAndKnowsThePeer) {
  const auto listener = listen();
  const auto client = connect_to(path);
  ASSERT_TRUE(client);
  EXPECT_TRUE(accepted.empty());
  run();
  ASSERT_EQ(accepted.size(), 1u);
  EXPECT_EQ(accepted[0]->credentials()->uid, ::getuid());
  EXPECT_EQ(accepted[0]->credentials()->pid, ::getpid());
}

TEST_F(ListenerTest, AcceptsOnTcpWithAPortOfItsOwn) {
  for (const char* address : {"127.0.0.1", "[::1]"}) {
    auto listener = Listener::tcp(loop, address, 0, [this](ConnectionPtr connection) {
      accepted.push_back(std::move(connection));
      stop();
    });
    if (!listener && *address == '[') GTEST_SKIP() << listener.error().text;
    ASSERT_TRUE(listener) << listener.error().text;
    const auto to = SocketAddress::parse(address, listener->port());
    const sys::UniqueFd client(::socket(to->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(client.get(), to->get(), to->length), 0);
    run();
    EXPECT_NE(accepted.back()->peer(), "");
    EXPECT_FALSE(accepted.back()->credentials());
  }
}

// As when one process takes over from another.
TEST_F(ListenerTest, LeavesWhoWaitsToTheNextOne) {
  auto first = std::optional(listen());
  const auto client = connect_to(path);
  first.reset();
  const auto later = connect_to(path);
  ASSERT_TRUE(client && later);
  const auto second = listen();
  run();
  if (accepted.size() < 2) run();
  EXPECT_EQ(accepted.size(), 2u);
}

TEST_F(ListenerTest, SaysWhyItCannotListen) {
  const auto name = Listener::tcp(loop, "localhost", 0, {});
  EXPECT_EQ(name.error().text, "listen on localhost: not an IPv4 or IPv6 address");
  const auto first = Listener::tcp(loop, "127.0.0.1", 0, {});
  const auto second = Listener::tcp(loop, "127.0.0.1", first->port(), {});
  EXPECT_EQ(second.error().text,
            "listen on 127.0.0.1:" + std::to_string(first->port()) + ": Address already in use");
}

TEST_F(ListenerTest, MayBeDestroyedInItsCallback) {
  std::optional<Listener> listener;
  int calls = 0;
  listener.emplace(Listener::on(loop, descriptor(), [&](ConnectionPtr) {
    ++calls;
    listener.reset();
  }));
  const auto first = connect_to(path), second = connect_to(path);
  loop.run();
  EXPECT_EQ(calls, 1);
}

// Runs out of descriptors with a client waiting. What runs meanwhile calls no member of this
// fixture: UndefinedBehaviorSanitizer needs a descriptor to check such a call.
TEST_F(ListenerTest, WaitsForDescriptorsInsteadOfSpinning) {
  const auto listener = listen();
  const auto client = connect_to(path);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const sys::UniqueFd lowest_free(::dup(client.get()));
  const rlimit none{static_cast<rlim_t>(lowest_free.get()), before.rlim_max};
  loop.post([none] { ::setrlimit(RLIMIT_NOFILE, &none); });
  Timer relief(loop);
  relief.start(Milliseconds(200), [before] { ::setrlimit(RLIMIT_NOFILE, &before); });
  const std::clock_t busy = std::clock();
  run();
  EXPECT_EQ(accepted.size(), 1u);
  EXPECT_LT(std::clock() - busy, CLOCKS_PER_SEC / 10);
}

}  // namespace
}  // namespace mailchute::net
