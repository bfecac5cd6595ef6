// SPDX-License-Identifier: GPL-3.0-or-later
// A daemon's Unix socket with what it does as a script: one function for each connection in turn.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sys/unique_fd.h"

namespace mailchute::support {

// One connection, from the daemon's end.
class LineClient {
 public:
  explicit LineClient(int fd) : fd_(fd) {}
  // Without its LF; what there is when the other side closes.
  std::string line() {
    std::string text;
    for (char c = 0; ::read(fd_, &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }
  std::string octets(std::size_t count) {
    std::string text(count, 0);
    std::size_t have = 0;
    for (ssize_t n; have < count && (n = ::read(fd_, text.data() + have, count - have)) > 0;) {
      have += static_cast<std::size_t>(n);
    }
    text.resize(have);
    return text;
  }
  // Whatever has come; empty when the other side closes.
  std::string some() {
    std::string text(64 << 10, 0);
    const ssize_t n = ::read(fd_, text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }
  void say(const std::string& octets) {
    (void)!::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
  }

 private:
  int fd_;
};

class LineServer {
 public:
  using Scene = std::function<void(LineClient&)>;
  LineServer(const std::string& path, std::vector<Scene> script) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_.get(), 5), 0);
    thread_ = std::thread([this, script = std::move(script)] {
      for (const Scene& scene : script) {
        const sys::UniqueFd fd(::accept(listening_.get(), nullptr, nullptr));
        if (!fd) return;
        LineClient client(fd.get());
        scene(client);
        ++played_;
      }
    });
  }
  ~LineServer() { stop(); }

  // How many connections there were.
  int stop() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    return played_;
  }

 private:
  sys::UniqueFd listening_;
  int played_ = 0;
  std::thread thread_;
};

}  // namespace mailchute::support
