// SPDX-License-Identifier: GPL-3.0-or-later
// Accepts connections on a Unix or TCP socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/connection.h"

namespace mailchute::net {

class Listener {
 public:
  using Accepted = std::function<void(std::unique_ptr<Connection>)>;

  // Replaces a socket left behind; `mode` as for chmod(2). The path is removed at the end.
  static Result<Listener> unix_socket(EventLoop& loop, const std::string& path, mode_t mode,
                                      Accepted accepted);
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
