// SPDX-License-Identifier: GPL-3.0-or-later
// Accepts connections on a Unix or TCP socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/connection.h"
#include "net/socket_address.h"
#include "sys/unique_fd.h"

namespace mailchute::net {

// A TCP socket that listens, and does not block; IPv6 means IPv6 alone. `anyhow`: also where this
// machine has no such address yet. Returns 0, or an errno.
int open_listening_socket(const SocketAddress& at, bool anyhow, sys::UniqueFd& socket);

class Listener {
 public:
  using Accepted = std::function<void(std::unique_ptr<Connection>)>;

  // On a socket that listens already (sys/listening_socket.h), and does not block. Who waits in its
  // backlog at the end is left to the next one.
  static Listener on(EventLoop& loop, sys::UniqueFd listening, Accepted accepted);
  // Port 0: any free one.
  static Result<Listener> tcp(EventLoop& loop, const std::string& address, std::uint16_t port,
                              Accepted accepted);
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) noexcept;
  ~Listener();

  std::uint16_t port() const;

  struct Impl;

 private:
  explicit Listener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace mailchute::net
