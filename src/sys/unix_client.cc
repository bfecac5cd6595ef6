// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/unix_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sys/clock.h"

namespace mailchute::sys {
namespace {

constexpr std::size_t kPiece = 64 << 10;

// Whatever keeps the other side from answering may be gone the next time.
Error temporary(std::string_view verb, const std::string& path, int error) {
  Error trouble = Error::from_errno(verb, path, error);
  trouble.kind = Error::Kind::temporary;
  return trouble;
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return failure(Error::Kind::config, "socket path too long: " + path);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

}  // namespace

UnixClient::UnixClient(UniqueFd socket, std::string path, Milliseconds patience)
    : socket_(std::move(socket)), path_(std::move(path)), patience_(patience) {}

Result<UnixClient> UnixClient::connect(const std::string& path, Milliseconds patience) {
  const auto address = address_of(path);
  if (!address) return failure(address.error());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failure(Error::from_errno("create a socket for", path));
  UnixClient client(std::move(socket), path, patience);
  const Instant deadline = boot_now() + patience;
  // A full backlog is EAGAIN here, and poll(2) would call the socket writable: ask again.
  while (::connect(client.socket_.get(), reinterpret_cast<const sockaddr*>(&*address),
                   sizeof *address) < 0) {
    if (errno != EAGAIN && errno != EINTR) return failure(temporary("connect to", path, errno));
    if (boot_now() >= deadline) return failure(temporary("connect to", path, ETIMEDOUT));
    ::poll(nullptr, 0, 20);
  }
  return client;
}

Result<> UnixClient::wait_for(short events, Instant deadline) const {
  for (;;) {
    const auto left = std::max(deadline - boot_now(), Milliseconds(0));
    pollfd watched{socket_.get(), events, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready == 0) return failure(temporary("no answer from", path_, ETIMEDOUT));
    if (errno != EINTR) return failure(Error::from_errno("wait for", path_));
  }
}

Result<> UnixClient::send(std::string_view octets) {
  const Instant deadline = boot_now() + patience_;
  while (!octets.empty()) {
    const ssize_t sent = ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ready = wait_for(POLLOUT, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return failure(temporary("write to", path_, errno));
    }
  }
  return {};
}

bool UnixClient::has_input() const {
  pollfd watched{socket_.get(), POLLIN, 0};
  return taken_ < buffer_.size() || ::poll(&watched, 1, 0) > 0;
}

Result<std::size_t> UnixClient::receive(Instant deadline) {
  const std::size_t size = buffer_.size();
  for (;;) {
    if (auto ready = wait_for(POLLIN, deadline); !ready) return failure(ready.error());
    buffer_.resize(size + kPiece);
    const ssize_t got = ::recv(socket_.get(), buffer_.data() + size, kPiece, 0);
    const int error = errno;
    buffer_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (error != EINTR && error != EAGAIN) return failure(temporary("read from", path_, error));
  }
}

Result<std::optional<std::string>> UnixClient::read_line(std::size_t limit) {
  const Instant deadline = boot_now() + patience_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(taken_, end - taken_);
      taken_ = scanned_ = end + 1;
      return std::optional(std::move(line));
    }
    buffer_.erase(0, taken_);
    taken_ = 0;
    scanned_ = buffer_.size();
    if (buffer_.size() > limit) {
      return failure(Error::Kind::protocol, "line too long from " + path_);
    }
    const auto got = receive(deadline);
    if (!got) return failure(got.error());
    if (*got == 0) return std::optional<std::string>();
  }
}

}  // namespace mailchute::sys
