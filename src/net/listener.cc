// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <utility>

namespace mailchute::net {
namespace {

constexpr int kBacklog = 128;
constexpr int kAcceptedAtOnce = 16;  // then the others in the loop get their turn
constexpr Milliseconds kPause = Seconds(1);

// Worth trying again at once: only the one that wanted in has gone.
bool peer_has_gone(int error) { return error == ECONNABORTED || error == EINTR || error == EPROTO; }

bool turn_on(int socket, int level, int option) {
  const int on = 1;
  return ::setsockopt(socket, level, option, &on, sizeof on) == 0;
}

}  // namespace

int open_listening_socket(const SocketAddress& at, bool anyhow, sys::UniqueFd& socket) {
  const bool ipv6 = at.family() == AF_INET6;
  socket.reset(::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = socket.get();
  const bool done = fd >= 0 && turn_on(fd, SOL_SOCKET, SO_REUSEADDR) &&
                    (!ipv6 || turn_on(fd, IPPROTO_IPV6, IPV6_V6ONLY)) &&
                    (!anyhow || turn_on(fd, IPPROTO_IP, IP_FREEBIND)) &&
                    ::bind(fd, at.get(), at.length) == 0 && ::listen(fd, kBacklog) == 0;
  return done ? 0 : errno;
}

struct Listener::Impl : std::enable_shared_from_this<Listener::Impl> {
  Impl(EventLoop& event_loop, sys::UniqueFd listening, Accepted callback)
      : loop(event_loop),
        socket(std::move(listening)),
        accepted(std::move(callback)),
        pause(loop) {}

  void watch_socket() {
    watch.emplace(loop, socket.get(), [this] { accept_some(); });
  }
  void accept_some();
  void hand_over(sys::UniqueFd fd);
  void end();

  EventLoop& loop;
  sys::UniqueFd socket;
  Accepted accepted;
  Timer pause;
  std::optional<ReadableWatch> watch;  // of socket
};

void Listener::Impl::accept_some() {
  const auto self = shared_from_this();  // the callback may destroy the listener
  for (int i = 0; i < kAcceptedAtOnce && watch; ++i) {
    sys::UniqueFd fd(::accept4(socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      hand_over(std::move(fd));
    } else if (errno == EAGAIN) {
      return;
    } else if (!peer_has_gone(errno)) {
      // No descriptors or no memory: the one that waits would wake the loop again and again.
      watch.reset();
      pause.start(kPause, [this] { watch_socket(); });
    }
  }
}

void Listener::Impl::hand_over(sys::UniqueFd fd) {
  auto connection = Connection::adopt(loop, std::move(fd));
  if (connection) accepted(std::move(*connection));
}

void Listener::Impl::end() {
  watch.reset();
  pause.cancel();
  socket.reset();
}

Listener::Listener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) { impl_->watch_socket(); }

Listener::Listener(Listener&&) noexcept = default;

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

Listener::~Listener() {
  if (impl_) impl_->end();
}

Listener Listener::on(EventLoop& loop, sys::UniqueFd listening, Accepted accepted) {
  return Listener(std::make_shared<Impl>(loop, std::move(listening), std::move(accepted)));
}

Result<Listener> Listener::tcp(EventLoop& loop, const std::string& address, std::uint16_t port,
                               Accepted accepted) {
  const auto at = SocketAddress::parse(address, port);
  if (!at) {
    return failure(Error::Kind::config, "listen on " + address + ": not an IPv4 or IPv6 address");
  }
  sys::UniqueFd socket;
  if (const int error = open_listening_socket(*at, false, socket); error != 0) {
    return failure(Error::from_errno("listen on", at->text(), error));
  }
  return Listener::on(loop, std::move(socket), std::move(accepted));
}

std::uint16_t Listener::port() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* const out = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(impl_->socket.get(), out, &length) != 0) return 0;
  return SocketAddress::of(out, length).port();
}

}  // namespace mailchute::net
