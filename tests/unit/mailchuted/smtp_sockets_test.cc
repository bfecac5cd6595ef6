// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/smtp_sockets.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "net/listener.h"

namespace mailchute::mailchuted {
namespace {

using Texts = std::vector<std::string>;

config::Settings listening(const Texts& addresses) {
  config::Settings settings;
  settings.listener.emplace();
  for (const std::string& address : addresses) {
    settings.listener->listen.push_back(*config::parse_endpoint(address));
  }
  return settings;
}

struct Occupied {
  Occupied() {
    const auto any = net::SocketAddress::parse("127.0.0.1", 0);
    EXPECT_EQ(net::open_listening_socket(*any, false, socket), 0);
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* const out = reinterpret_cast<sockaddr*>(&storage);
    EXPECT_EQ(::getsockname(socket.get(), out, &length), 0);
    address = net::SocketAddress::of(out, length).text();
  }
  sys::UniqueFd socket;
  std::string address;
};

bool accepts(const SmtpSocket& socket) {
  int listens = 0;
  socklen_t length = sizeof listens;
  return ::getsockopt(socket.listening.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens == 1;
}

TEST(SmtpSockets, WithoutAListenerThereAreNone) {
  SmtpSockets sockets;
  EXPECT_EQ(sockets.open({}), Texts{});
  EXPECT_TRUE(sockets.for_worker({}).empty());
}

TEST(SmtpSockets, OpenWhatTheSettingsNameAndKeepItOpen) {
  Occupied somewhere;
  const auto settings = listening({somewhere.address});
  somewhere.socket.reset();
  SmtpSockets sockets;
  EXPECT_EQ(sockets.open(settings), Texts{});
  EXPECT_EQ(sockets.open(settings), Texts{});  // nobody is in his own way
  auto mine = sockets.for_worker(settings);
  ASSERT_EQ(mine.size(), 1u);
  EXPECT_EQ(mine[0].address, somewhere.address);
  EXPECT_TRUE(accepts(mine[0]));

  sockets.close_all_but({});
  mine.clear();
  EXPECT_TRUE(sockets.for_worker(settings).empty());
  SmtpSockets others;
  EXPECT_EQ(others.open(settings), Texts{});  // the address is free again
}

TEST(SmtpSockets, AnAddressInUseIsTroubleOnceAndTriedAgain) {
  Occupied taken;
  const auto settings = listening({taken.address});
  SmtpSockets sockets;
  const auto troubles = sockets.open(settings);
  ASSERT_EQ(troubles.size(), 1u);
  EXPECT_EQ(troubles[0], "listener.listen = \"" + taken.address + "\": cannot listen on " + taken.address +
                             ": Address already in use: another program listens there (ss -ltnp shows which one)");
  EXPECT_FALSE(sockets.for_worker(settings)[0].listening);
  EXPECT_NE(sockets.for_worker(settings)[0].trouble, "");
  EXPECT_EQ(sockets.open(settings), Texts{});
  taken.socket.reset();
  EXPECT_EQ(sockets.open(settings), Texts{});
  EXPECT_TRUE(accepts(sockets.for_worker(settings)[0]));
  EXPECT_EQ(sockets.for_worker(settings)[0].trouble, "");
}

TEST(SmtpSockets, AnAddressInUseIsGivenTimeToComeFree) {
  Occupied taken;
  const auto settings = listening({taken.address});
  std::thread orphan([&] {
    std::this_thread::sleep_for(Milliseconds(50));
    taken.socket.reset();
  });
  SmtpSockets sockets;
  EXPECT_EQ(sockets.open(settings, Seconds(30)), Texts{});
  orphan.join();
  EXPECT_TRUE(accepts(sockets.for_worker(settings)[0]));
}

TEST(SmtpSockets, WhatWasHandedOverIsThereWhateverTheSettingsSay) {
  Occupied given;
  std::vector<sys::UniqueFd> handed_over;
  handed_over.push_back(std::move(given.socket));
  handed_over.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));  // does not listen
  handed_over.emplace_back(::socket(AF_UNIX, SOCK_STREAM, 0));
  SmtpSockets sockets(std::move(handed_over));
  sockets.close_all_but({});
  const auto mine = sockets.for_worker({});
  ASSERT_EQ(mine.size(), 1u);
  EXPECT_EQ(mine[0].address, given.address);
  EXPECT_TRUE(accepts(mine[0]));
  EXPECT_EQ(sockets.open(listening({given.address})), Texts{});  // it is open already
  EXPECT_FALSE(sockets.reached_from_outside());
}

TEST(SmtpSockets, KnowWhetherOtherMachinesCanConnectToWhatWasHandedOver) {
  std::vector<sys::UniqueFd> handed_over(1);
  ASSERT_EQ(net::open_listening_socket(*net::SocketAddress::parse("0.0.0.0", 0), false, handed_over[0]), 0);
  EXPECT_TRUE(SmtpSockets(std::move(handed_over)).reached_from_outside());
}

TEST(SmtpSockets, LocalhostAndTheAsteriskAreTwoAddresses) {
  EXPECT_EQ(smtp_addresses(listening({"localhost:25"})), (std::set<std::string>{"127.0.0.1:25", "[::1]:25"}));
  EXPECT_EQ(smtp_addresses(listening({"*:587"})), (std::set<std::string>{"0.0.0.0:587", "[::]:587"}));
  EXPECT_EQ(smtp_addresses(listening({"127.0.0.1:25", "localhost:25"})).size(), 2u);
}

}  // namespace
}  // namespace mailchute::mailchuted
