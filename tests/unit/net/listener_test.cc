// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/listener.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <ctime>
#include <fstream>

#include "net/socket_address.h"
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
  Result<Listener> listen(mode_t mode = 0600) {
    return Listener::unix_socket(loop, path, mode, [this](ConnectionPtr connection) {
      accepted.push_back(std::move(connection));
      stop();
    });
  }

  TemporaryFolder folder;
  std::string path = folder / "socket";
  std::vector<ConnectionPtr> accepted;
};

TEST_F(ListenerTest, AcceptsOnAUnixSocketAndKnowsThePeer) {
  auto listener = listen();
  ASSERT_TRUE(listener) << listener.error().text;
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

TEST_F(ListenerTest, SetsTheModeWhateverTheUmask) {
  const mode_t before = ::umask(0777);
  const auto listener = listen(0666);
  ::umask(before);
  ASSERT_TRUE(listener);
  struct stat status {};
  ASSERT_EQ(::lstat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0666u);
}

TEST_F(ListenerTest, RemovesItsPathAtTheEnd) {
  {
    auto listener = listen();
    Listener moved = std::move(*listener);
    EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST_F(ListenerTest, LeavesAPathThatHasBecomeAnothersAlone) {
  {
    const auto listener = listen();
    ASSERT_EQ(::unlink(path.c_str()), 0);
    std::ofstream(path) << "mine";
  }
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST_F(ListenerTest, ReplacesASocketThatNobodyListensOn) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  {
    const sys::UniqueFd old(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(old.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  const auto listener = listen();
  ASSERT_TRUE(listener) << listener.error().text;
  EXPECT_TRUE(connect_to(path));
}

TEST_F(ListenerTest, LeavesASocketInUseAlone) {
  const auto first = listen();
  const auto second = listen();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text, "listen on " + path + ": another process listens there");
  EXPECT_TRUE(connect_to(path));
}

TEST_F(ListenerTest, NeverRemovesWhatIsNoSocket) {
  std::ofstream(path) << "precious";
  const auto listener = listen();
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().text,
            "listen on " + path + ": something that is no socket is in the way");
}

TEST_F(ListenerTest, SaysWhyItCannotListen) {
  path = folder / std::string(200, 'x');
  EXPECT_EQ(listen().error().kind, Error::Kind::config);
  path = folder / "missing/socket";
  EXPECT_EQ(listen().error().text, "listen on " + path + ": No such file or directory");
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
  auto made = Listener::unix_socket(loop, path, 0600, [&](ConnectionPtr) {
    ++calls;
    listener.reset();
  });
  ASSERT_TRUE(made);
  listener.emplace(std::move(*made));
  const auto first = connect_to(path), second = connect_to(path);
  loop.run();
  EXPECT_EQ(calls, 1);
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
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
