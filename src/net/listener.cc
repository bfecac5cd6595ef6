// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "net/socket_address.h"
#include "sys/unique_fd.h"

namespace mailchute::net {
namespace {

constexpr int kBacklog = 128;
constexpr int kAcceptedAtOnce = 16;  // then the others in the loop get their turn
constexpr Milliseconds kPause = Seconds(1);

// Worth trying again at once: only the one that wanted in has gone.
bool peer_has_gone(int error) { return error == ECONNABORTED || error == EINTR || error == EPROTO; }

sys::UniqueFd new_socket(int family) {
  return sys::UniqueFd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// A path that is removed at the end, unless it has become somebody else's.
class SocketPath {
 public:
  explicit SocketPath(std::string path) : path_(std::move(path)) {
    if (::lstat(path_.c_str(), &mine_) != 0) path_.clear();
  }
  ~SocketPath() {
    struct stat now {};
    if (path_.empty() || ::lstat(path_.c_str(), &now) != 0) return;
    if (now.st_dev == mine_.st_dev && now.st_ino == mine_.st_ino) ::unlink(path_.c_str());
  }
  SocketPath(const SocketPath&) = delete;

 private:
  std::string path_;
  struct stat mine_ {};
};

// Removes a socket that nobody listens on.
Result<> remove_stale(const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(address.sun_path, &status) != 0) return {};
  const std::string listen_on = std::string("listen on ") + address.sun_path + ": ";
  if (!S_ISSOCK(status.st_mode)) {
    return failure(Error::Kind::config, listen_on + "something that is no socket is in the way");
  }
  const sys::UniqueFd probe = new_socket(AF_UNIX);
  const auto* const to = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(probe.get(), to, sizeof address) == 0 || errno == EAGAIN) {
    return failure(Error::Kind::create, listen_on + "another process listens there");
  }
  if (::unlink(address.sun_path) != 0) {
    return failure(Error::from_errno("remove the old socket", address.sun_path));
  }
  return {};
}

}  // namespace

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
  std::optional<SocketPath> path;
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
  path.reset();
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

Result<Listener> Listener::unix_socket(EventLoop& loop, const std::string& path, mode_t mode,
                                       Accepted accepted) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return failure(Error::Kind::config, "listen on " + path + ": a socket's path has 1 to " +
                                            std::to_string(sizeof address.sun_path - 1) +
                                            " octets");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (auto removed = remove_stale(address); !removed) return failure(removed.error());
  sys::UniqueFd socket = new_socket(AF_UNIX);
  const auto* const at = reinterpret_cast<const sockaddr*>(&address);
  if (!socket || ::bind(socket.get(), at, sizeof address) != 0) {
    return failure(Error::from_errno("listen on", path));
  }
  auto impl = std::make_shared<Impl>(loop, std::move(socket), std::move(accepted));
  impl->path.emplace(path);
  if (::chmod(path.c_str(), mode) != 0 || ::listen(impl->socket.get(), kBacklog) != 0) {
    return failure(Error::from_errno("listen on", path));
  }
  return Listener(std::move(impl));
}

Result<Listener> Listener::tcp(EventLoop& loop, const std::string& address, std::uint16_t port,
                               Accepted accepted) {
  const auto at = SocketAddress::parse(address, port);
  if (!at) {
    return failure(Error::Kind::config, "listen on " + address + ": not an IPv4 or IPv6 address");
  }
  sys::UniqueFd socket = new_socket(at->family());
  const int on = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), at->get(), at->length) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    return failure(Error::from_errno("listen on", at->text()));
  }
  return Listener(std::make_shared<Impl>(loop, std::move(socket), std::move(accepted)));
}

std::uint16_t Listener::port() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* const out = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(impl_->socket.get(), out, &length) != 0) return 0;
  return SocketAddress::of(out, length).port();
}

}  // namespace mailchute::net
