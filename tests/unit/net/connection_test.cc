// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include "net/socket_address.h"
#include "unit/net/fixture.h"

namespace mailchute::net {
namespace {

constexpr std::size_t kBig = 20 * 1024 * 1024;

std::string pattern(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (char& c : text) {
    seed = seed * 1664525 + 1013904223;
    c = static_cast<char>(seed >> 24);
  }
  return text;
}

class ConnectionTest : public NetTest {
 protected:
  ConnectionTest() {
    const auto [here, there] = unix_pair();
    a = adopted(loop, here);
    b = adopted(loop, there);
    a->set_user(&at_a);
    b->set_user(&at_b);
  }
  // Both over TCP instead.
  void use_tcp() {
    auto listener = Listener::tcp(loop, "127.0.0.1", 0, [this](ConnectionPtr accepted) {
      b = std::move(accepted);
      stop();
    });
    ASSERT_TRUE(listener) << listener.error().text;
    const auto to = SocketAddress::parse("127.0.0.1", listener->port());
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(fd, to->get(), to->length), 0);
    a = adopted(loop, fd);
    run();
    a->set_user(&at_a);
    b->set_user(&at_b);
  }
  void stop_when_closed(Notes& notes) {
    notes.is_closed = [this] { stop(); };
  }

  ConnectionPtr a, b;
  Notes at_a, at_b;
};

TEST_F(ConnectionTest, EchoesOverTcp) {
  use_tcp();
  at_b.octets_come = [&](std::string_view octets) { b->send(std::string(octets)); };
  at_a.octets_come = [&](std::string_view) {
    if (at_a.received.size() == 10) stop();
  };
  a->send("hello");
  a->send("world");
  EXPECT_EQ(at_a.sent, 0);
  run();
  EXPECT_EQ(at_a.received, "helloworld");
  EXPECT_GE(at_a.sent, 1);
  EXPECT_EQ(a->unsent(), 0u);
  EXPECT_EQ(a->peer().substr(0, 10), "127.0.0.1:");
  EXPECT_FALSE(a->credentials());
}

TEST_F(ConnectionTest, KnowsWhoIsAtTheOtherEndOfAUnixSocket) {
  EXPECT_EQ(a->peer(), "");
  ASSERT_TRUE(a->credentials());
  EXPECT_EQ(a->credentials()->uid, ::getuid());
  EXPECT_EQ(a->credentials()->pid, ::getpid());
}

TEST_F(ConnectionTest, TellsThatAllIsSentAlsoWhenItIsNothing) {
  at_a.all_is_sent = [this] { stop(); };
  a->send("");
  EXPECT_EQ(at_a.sent, 0);
  run();
  EXPECT_EQ(at_a.sent, 1);
}

TEST_F(ConnectionTest, KeepsTheOrderOfSensitiveOctets) {
  at_b.octets_come = [&](std::string_view) {
    if (at_b.received.size() == 12) stop();
  };
  for (const char* part : {"one", "two", "thr", "fou"}) a->send(part, *part == 't');
  run();
  EXPECT_EQ(at_b.received, "onetwothrfou");
}

TEST_F(ConnectionTest, CarriesMuchBothWaysAtOnceWithPauses) {
  const std::string from_a = pattern(kBig, 1), from_b = pattern(kBig, 2);
  const auto pause_now_and_then = [&](Connection& end, Notes& notes) {
    notes.octets_come = [&](std::string_view octets) {
      EXPECT_LE(octets.size(), 16384u);
      end.pause_reading();
      loop.post([&] { end.resume_reading(); });
      if (at_a.received.size() == kBig && at_b.received.size() == kBig) stop();
    };
  };
  pause_now_and_then(*a, at_a);
  pause_now_and_then(*b, at_b);
  a->send(from_a);
  b->send(from_b);
  run();
  EXPECT_TRUE(at_b.received == from_a);
  EXPECT_TRUE(at_a.received == from_b);
}

TEST_F(ConnectionTest, ReadsNothingWhilePaused) {
  b->pause_reading();
  a->send("hello");
  settle();
  EXPECT_EQ(at_b.received, "");
  at_b.octets_come = [&](std::string_view) { stop(); };
  b->resume_reading();
  EXPECT_EQ(at_b.received, "");
  run();
  EXPECT_EQ(at_b.received, "hello");
}

TEST_F(ConnectionTest, ReadsNothingWithoutAUser) {
  b->set_user(nullptr);
  a->send("hello");
  settle();
  at_b.octets_come = [&](std::string_view) { stop(); };
  b->set_user(&at_b);
  run();
  EXPECT_EQ(at_b.received, "hello");
}

TEST_F(ConnectionTest, TellsThatThePeerHasClosed) {
  stop_when_closed(at_b);
  a->send("bye");
  a.reset();
  run();
  EXPECT_EQ(at_b.received, "bye");
  ASSERT_TRUE(at_b.closed);
  EXPECT_EQ(at_b.closed->text, "connection closed by peer");
  EXPECT_EQ(at_b.closed->kind, Error::Kind::temporary);
  EXPECT_FALSE(at_a.closed);
}

TEST_F(ConnectionTest, TellsThatThePeerHasReset) {
  use_tcp();
  stop_when_closed(at_b);
  b->send("nobody reads this");
  at_b.all_is_sent = [&] { a.reset(); };
  a->pause_reading();
  run();
  ASSERT_TRUE(at_b.closed);
  EXPECT_EQ(at_b.closed->text, "connection reset by peer");
}

TEST_F(ConnectionTest, HearsLastWordsThoughItCanNoLongerWrite) {
  const auto [here, there] = unix_pair();
  a = adopted(loop, here);
  ASSERT_EQ(::write(there, "421 going down\r\n", 16), 16);
  ::close(there);
  at_a = {};
  stop_when_closed(at_a);
  a->send("MAIL FROM:<>\r\n");
  a->set_user(&at_a);
  run();
  EXPECT_EQ(at_a.received, "421 going down\r\n");
  ASSERT_TRUE(at_a.closed);
  EXPECT_EQ(at_a.closed->text, "connection closed by peer");
  EXPECT_EQ(a->unsent(), 0u);
  a->send("ignored", true);
  EXPECT_EQ(a->unsent(), 0u);
}

TEST_F(ConnectionTest, TellsAFailedWriteAtOnceWhilePaused) {
  a->pause_reading();
  settle();
  b.reset();
  stop_when_closed(at_a);
  a->send("to nobody");
  run();
  EXPECT_TRUE(at_a.closed);
}

TEST_F(ConnectionTest, TellsAUserWhoCameTooLate) {
  a->set_user(nullptr);
  b.reset();
  a->send("to nobody");
  settle();
  stop_when_closed(at_a);
  a->set_user(&at_a);
  EXPECT_FALSE(at_a.closed);
  run();
  EXPECT_TRUE(at_a.closed);
}

TEST_F(ConnectionTest, ShutdownSendsEverythingFirst) {
  use_tcp();
  const std::string much = pattern(kBig, 3);
  at_b.is_closed = [&] { b.reset(); };
  stop_when_closed(at_a);
  b->send("too late to be heard");
  a->send(much);
  a->shutdown();
  EXPECT_FALSE(at_a.closed);
  run();
  EXPECT_TRUE(at_b.received == much);
  EXPECT_EQ(at_b.closed->text, "connection closed by peer");
  ASSERT_TRUE(at_a.closed);
  EXPECT_EQ(at_a.closed->text, "connection closed");
  EXPECT_EQ(at_a.received, "");
  EXPECT_EQ(at_a.sent, 0);
}

TEST_F(ConnectionTest, ShutdownSendsTheRestToAPeerThatSaysNoMore) {
  const auto [here, there] = unix_pair();
  const sys::UniqueFd client(::dup(there));
  a = adopted(loop, here);
  b = adopted(loop, there);
  at_a = at_b = {};
  a->set_user(&at_a);
  b->set_user(&at_b);
  stop_when_closed(at_b);
  a->send(std::string(kBig, 'x'));
  a->shutdown();
  ASSERT_EQ(::shutdown(client.get(), SHUT_WR), 0);
  run();
  EXPECT_EQ(at_b.received.size(), kBig);
  EXPECT_EQ(at_a.closed->text, "connection closed");
}

TEST_F(ConnectionTest, ShutdownDoesNotWaitForeverForThePeer) {
  b->pause_reading();
  stop_when_closed(at_a);
  a->shutdown();
  run();
  EXPECT_EQ(at_a.closed->text, "connection closed");
}

TEST_F(ConnectionTest, MayBeDestroyedInEachOfItsCallbacks) {
  at_a.all_is_sent = [&] { a.reset(); };
  a->send("hello");
  at_b.octets_come = [&](std::string_view octets) {
    const std::string before(octets);
    b->send("never heard", true);
    b.reset();
    EXPECT_EQ(octets, before);
    stop();
  };
  run();
  EXPECT_FALSE(a);
  EXPECT_FALSE(b);
  EXPECT_FALSE(at_a.closed);
  EXPECT_FALSE(at_b.closed);
}

TEST_F(ConnectionTest, MayBeDestroyedWhenClosed) {
  at_a.is_closed = [&] {
    a.reset();
    stop();
  };
  b.reset();
  run();
  EXPECT_FALSE(a);
}

TEST_F(ConnectionTest, MayBeDestroyedWithMuchUnsent) {
  a->send(std::string(kBig, 'x'), true);
  b->pause_reading();
  settle();
  EXPECT_GT(a->unsent(), 0u);
  a.reset();
  settle();
}

TEST_F(ConnectionTest, RefusesWhatIsNoSocket) {
  const auto none = Connection::adopt(loop, sys::UniqueFd());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().text, "watch a connection: Bad file descriptor");
}

}  // namespace
}  // namespace mailchute::net
