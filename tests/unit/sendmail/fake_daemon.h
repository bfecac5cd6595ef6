// SPDX-License-Identifier: GPL-3.0-or-later
// A control socket with scripted answers, one connection each, that keeps what it was asked.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "sys/unique_fd.h"

namespace mailchute::sendmail {

class FakeDaemon {
 public:
  FakeDaemon(const std::string& path, std::vector<std::string> answers) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_.get(), 5), 0);
    thread_ = std::thread([this, answers = std::move(answers)] {
      for (const std::string& answer : answers) serve(answer);
    });
  }
  ~FakeDaemon() { stop(); }

  // Answers no more.
  std::vector<std::string> requests() {
    stop();
    return requests_;
  }

 private:
  void stop() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  void serve(const std::string& answer) {
    const sys::UniqueFd client(::accept(listening_.get(), nullptr, nullptr));
    if (!client) return;
    std::string request;
    for (char c = 0; ::read(client.get(), &c, 1) == 1 && c != '\n';) request += c;
    requests_.push_back(request);
    (void)!::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  sys::UniqueFd listening_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace mailchute::sendmail
