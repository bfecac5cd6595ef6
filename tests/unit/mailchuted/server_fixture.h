// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of mailchuted's servers share: a queue, a delivery whose smart host is not there, a
// loop whose runs are bounded, and clients.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/socket_address.h"
#include "relay/board.h"
#include "relay/delivery.h"
#include "unit/net/run_until.h"
#include "unit/queue/fixture.h"

namespace mailchute::mailchuted {

// Says things and keeps what it hears.
class Speaker : public net::ConnectionUser {
 public:
  Speaker(net::EventLoop& loop, const net::SocketAddress& address) {
    // A full backlog fails the test rather than stop it: nobody accepts meanwhile.
    const int blocking = address.family() == AF_UNIX ? SOCK_NONBLOCK : 0;
    sys::UniqueFd socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | blocking, 0));
    if (::connect(socket.get(), address.get(), address.length) != 0) throw std::runtime_error("cannot connect");
    connection_ = std::move(*net::Connection::adopt(loop, std::move(socket)));
    connection_->set_user(this);
  }
  Speaker(net::EventLoop& loop, const std::string& path) : Speaker(loop, unix_address(path)) {}

  void say(std::string octets) { connection_->send(std::move(octets)); }
  void hang_up() { connection_.reset(); }
  bool heard(std::string_view text) const { return said.find(text) != said.npos; }

  void on_octets(std::string_view octets) override { said += octets; }
  void on_sent() override {}
  void on_tls(const net::TlsFacts&) override {}
  void on_closed(const Error&) override { closed = true; }

  std::string said;  // by the server
  bool closed = false;

 private:
  static net::SocketAddress unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    return net::SocketAddress::of(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }

  std::unique_ptr<net::Connection> connection_;
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    settings.hostname = "here.example";
    settings.domain = "example.org";
    settings.queue_directory = it.folder.path();
    settings.run_directory = run.path();
    settings.message_size_limit = 100000;
    settings.retry = {Seconds(3600), Seconds(3600), Seconds(5 * 86400)};
    settings.smart_hosts.emplace_back();
    settings.smart_hosts.front().host = "127.0.0.1";
    settings.smart_hosts.front().port = 1;
    delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  }
  void run_until(const std::function<bool()>& done) { net::run_until(loop, done, it.log.lines); }

  queue::QueueFixture it;
  queue::TemporaryFolder run;
  net::EventLoop loop;
  config::Settings settings;
  mail::Router router;
  relay::Board board = std::move(*relay::Board::create());
  std::vector<relay::Access> access = std::vector<relay::Access>(1);
  std::optional<relay::Delivery> delivery;
};

}  // namespace mailchute::mailchuted
