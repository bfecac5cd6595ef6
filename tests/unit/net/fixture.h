// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of net/ share: a loop whose runs are bounded, and users of connections that note
// what happens to them.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/listener.h"

namespace mailchute::net {

class NetTest : public ::testing::Test {
 protected:
  // Until stop() or nothing is left to do; thirty seconds mean that something hangs.
  void run() {
    Timer limit(loop);
    limit.start(Seconds(30), [this] {
      ADD_FAILURE() << "nothing happens any more";
      loop.stop();
    });
    loop.run();
  }
  void stop() { loop.stop(); }
  // Lets everything happen that is already on its way.
  void settle() {
    loop.post([this] { loop.post([this] { loop.post([this] { stop(); }); }); });
    run();
  }

  EventLoop loop;
};

struct Notes : ConnectionUser {
  void on_octets(std::string_view octets) override {
    received += octets;
    if (octets_come) octets_come(octets);
  }
  void on_sent() override {
    ++sent;
    if (all_is_sent) all_is_sent();
  }
  void on_tls(const TlsFacts& what) override {
    facts = what;
    if (tls_is_up) tls_is_up();
  }
  void on_closed(const Error& reason) override {
    EXPECT_FALSE(closed) << "closed twice";
    closed = reason;
    if (is_closed) is_closed();
  }

  std::string received;
  int sent = 0;
  std::optional<TlsFacts> facts;
  std::optional<Error> closed;
  std::function<void(std::string_view)> octets_come;
  std::function<void()> all_is_sent;
  std::function<void()> tls_is_up;
  std::function<void()> is_closed;
};

using ConnectionPtr = std::unique_ptr<Connection>;

inline ConnectionPtr adopted(EventLoop& loop, int fd) {
  auto connection = Connection::adopt(loop, sys::UniqueFd(fd));
  if (!connection) throw std::runtime_error(connection.error().text);
  return std::move(*connection);
}

// The two ends of a stream, ours and one without a Connection.
inline std::pair<int, int> unix_pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  return {ends[0], ends[1]};
}

struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "mailchute-net-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path + "/" + name; }

  std::string path;
};

}  // namespace mailchute::net
