// SPDX-License-Identifier: GPL-3.0-or-later
// A DNS server on loopback that gives one answer to everything, or none.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "net/event_loop.h"
#include "sys/unique_fd.h"

namespace mailchute::net {

class FakeDns {
 public:
  enum Reply { silence = -1, answer = 0, server_failure = 2, no_such_name = 3, refused = 5 };

  FakeDns(EventLoop& loop, Reply reply, std::vector<std::string> addresses = {})
      : reply_(reply),
        addresses_(std::move(addresses)),
        socket_(bound()),
        watch_(loop, socket_.get(), [this] { serve(); }) {}

  std::string servers() const { return "127.0.0.1:" + std::to_string(port_); }
  int asked() const { return asked_; }
  std::function<void()> is_asked;
  // Beside the addresses: type and data, as on the wire (RFC 1035, 3.2.1).
  std::vector<std::pair<char, std::string>> records;
  void add_srv(char priority, char weight, char port, const std::string& target) {
    records.emplace_back(33, std::string{0, priority, 0, weight, 0, port} + on_the_wire(target));
  }
  void add_mx(char preference, const std::string& target) {
    records.emplace_back(15, std::string{0, preference} + on_the_wire(target));
  }

 private:
  static constexpr std::size_t kHeader = 12;

  static std::string on_the_wire(const std::string& name) {
    std::string labels;
    for (std::size_t at = 0; at < name.size();) {
      const std::size_t end = std::min(name.find('.', at), name.size());
      labels += static_cast<char>(end - at) + name.substr(at, end - at);
      at = end + 1;
    }
    return labels + '\0';
  }

  int bound() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    socklen_t length = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) std::abort();
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    return fd;
  }

  void serve() {
    char question[512];
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t size = ::recvfrom(socket_.get(), question, sizeof question, 0,
                                    reinterpret_cast<sockaddr*>(&from), &length);
    if (size < static_cast<ssize_t>(kHeader)) return;
    ++asked_;
    if (is_asked) is_asked();
    if (reply_ == silence) return;
    const std::string text = answer_to({question, static_cast<std::size_t>(size)});
    ::sendto(socket_.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from),
             length);
  }

  // RFC 1035, 4.1: the same id, the question again, then the addresses of the type asked for.
  std::string answer_to(const std::string& question) const {
    const std::size_t end = question.find('\0', kHeader) + 5;  // name, type, class
    const char type = question.at(end - 3);
    std::string answers;
    char count = 0;
    for (const std::string& address : addresses_) {
      unsigned char octets[16];
      const int family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
      if (type != (family == AF_INET ? 1 : 28) || reply_ != answer) continue;
      ::inet_pton(family, address.c_str(), octets);
      const std::size_t size = family == AF_INET ? 4 : 16;
      answers += std::string("\xc0\x0c\0", 3) + type + std::string("\0\1\0\0\0\x3c\0", 7) +
                 static_cast<char>(size);
      answers.append(reinterpret_cast<char*>(octets), size);
      ++count;
    }
    for (const auto& [its_type, octets] : records) {
      if (type != its_type || reply_ != answer) continue;
      answers += std::string("\xc0\x0c\0", 3) + type + std::string("\0\1\0\0\0\x3c\0", 7) +
                 static_cast<char>(octets.size()) + octets;
      ++count;
    }
    std::string header = question.substr(0, 2) + "\x81" + static_cast<char>(0x80 | reply_);
    header += std::string("\0\1\0", 3) + count + std::string(4, '\0');
    return header + question.substr(kHeader, end - kHeader) + answers;
  }

  Reply reply_;
  std::vector<std::string> addresses_;
  int port_ = 0;
  int asked_ = 0;
  sys::UniqueFd socket_;
  ReadableWatch watch_;
};

}  // namespace mailchute::net
