// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/connect.h"

#include "net/socket_address.h"
#include "unit/net/fake_dns.h"
#include "unit/net/fixture.h"

namespace mailchute::net {
namespace {

constexpr Milliseconds kLong = Seconds(20);

class ConnectTest : public NetTest {
 protected:
  std::string connect(const std::string& host, std::uint16_t port, const std::string& servers = {},
                      Milliseconds each = kLong) {
    Connector connector(loop, servers);
    std::optional<std::string> outcome;
    connector.connect(host, port, kLong, each, [&](Result<ConnectionPtr> result) {
      outcome = result ? "connected to " + (*result)->peer() : result.error().text;
      if (!result) {
        EXPECT_EQ(result.error().kind, Error::Kind::temporary);
      }
      stop();
    });
    EXPECT_FALSE(outcome);
    run();
    return outcome.value_or("nothing happened");
  }
  Listener listen() {
    return std::move(*Listener::tcp(loop, "127.0.0.1", 0, [](const ConnectionPtr&) {}));
  }
  // A port that nobody listens on, for long enough.
  std::uint16_t unused_port() { return listen().port(); }
};

// Listens, but is too busy to answer: the kernel drops what is beyond the backlog.
class BusyHost {
 public:
  BusyHost() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = *SocketAddress::parse("127.0.0.1", 0);
    if (::bind(socket_.get(), address.get(), address.length) != 0) std::abort();
    if (::listen(socket_.get(), 0) != 0) std::abort();
    socklen_t length = sizeof address.storage;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address.storage), &length);
    port = address.port();
    for (auto& client : clients_) {
      client.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(client.get(), address.get(), address.length);
    }
  }
  std::uint16_t port;

 private:
  sys::UniqueFd socket_;
  sys::UniqueFd clients_[4];
};

TEST_F(ConnectTest, ConnectsToALiteralAddress) {
  const Listener listener = listen();
  EXPECT_EQ(connect("127.0.0.1", listener.port()),
            "connected to 127.0.0.1:" + std::to_string(listener.port()));
}

TEST_F(ConnectTest, ConnectsToAName) {
  const Listener listener = listen();
  const FakeDns dns(loop, FakeDns::answer, {"127.0.0.1"});
  EXPECT_EQ(connect("mail.example.org", listener.port(), dns.servers()),
            "connected to 127.0.0.1:" + std::to_string(listener.port()));
}

TEST_F(ConnectTest, TakesTheNextAddressWhenOneRefuses) {
  const Listener listener = listen();
  for (const auto& addresses : {std::vector<std::string>{"127.0.0.2", "127.0.0.1"},
                                std::vector<std::string>{"127.0.0.1", "127.0.0.2"}}) {
    const FakeDns dns(loop, FakeDns::answer, addresses);
    EXPECT_EQ(connect("mail.example.org", listener.port(), dns.servers()),
              "connected to 127.0.0.1:" + std::to_string(listener.port()));
  }
}

TEST_F(ConnectTest, NamesHostAddressAndReason) {
  const std::string port = std::to_string(unused_port());
  const auto number = static_cast<std::uint16_t>(std::stoi(port));
  EXPECT_EQ(connect("127.0.0.1", number), "connect to 127.0.0.1:" + port + ": Connection refused");
  const FakeDns one(loop, FakeDns::answer, {"127.0.0.1"});
  EXPECT_EQ(connect("mail.example.org", number, one.servers()),
            "connect to mail.example.org[127.0.0.1]:" + port + ": Connection refused");
  const FakeDns two(loop, FakeDns::answer, {"127.0.0.1", "127.0.0.1"});
  EXPECT_EQ(connect("mail.example.org", number, two.servers()),
            "connect to mail.example.org[127.0.0.1]:" + port +
                ": Connection refused (2 addresses tried)");
}

TEST_F(ConnectTest, PassesOnWhyANameHasNoAddress) {
  const FakeDns dns(loop, FakeDns::no_such_name);
  EXPECT_EQ(connect("mail.example.org", 25, dns.servers()),
            "resolve mail.example.org: no such host");
}

TEST_F(ConnectTest, GivesUpOnASilentHostAtTheDeadline) {
  const BusyHost host;
  EXPECT_EQ(connect("127.0.0.1", host.port, {}, Milliseconds(50)),
            "connect to 127.0.0.1:" + std::to_string(host.port) + ": no answer within 1s");
}

TEST_F(ConnectTest, ForgetsASilentDnsServerAtOnceWhenDestroyed) {
  FakeDns dns(loop, FakeDns::silence);
  auto connector = std::make_unique<Connector>(loop, dns.servers());
  connector->connect("mail.example.org", 25, kLong, kLong, [](const auto&) { FAIL(); });
  dns.is_asked = [&] {
    connector.reset();
    stop();
  };
  run();
  settle();
}

TEST_F(ConnectTest, ForgetsASilentHostAtOnceWhenDestroyed) {
  const BusyHost host;
  auto connector = std::make_unique<Connector>(loop);
  connector->connect("127.0.0.1", host.port, kLong, kLong, [](const auto&) { FAIL(); });
  settle();
  connector.reset();
  loop.run();
}

TEST_F(ConnectTest, MayBeDestroyedInItsCallback) {
  const Listener listener = listen();
  for (const std::uint16_t port : {listener.port(), unused_port()}) {
    auto connector = std::make_unique<Connector>(loop);
    std::string kept = "captured and still there";
    connector->connect("127.0.0.1", port, kLong, kLong, [&, kept](const Result<ConnectionPtr>&) {
      connector.reset();
      EXPECT_EQ(kept, "captured and still there");
      stop();
    });
    run();
    EXPECT_FALSE(connector);
  }
}

TEST_F(ConnectTest, MayConnectAgainFromItsCallback) {
  const Listener listener = listen();
  Connector connector(loop);
  std::string outcome;
  connector.connect("127.0.0.1", unused_port(), kLong, kLong, [&](const auto& first) {
    EXPECT_FALSE(first);
    connector.connect("127.0.0.1", listener.port(), kLong, kLong, [&](const auto& second) {
      outcome = second ? "connected" : second.error().text;
      stop();
    });
  });
  run();
  EXPECT_EQ(outcome, "connected");
}

}  // namespace
}  // namespace mailchute::net
