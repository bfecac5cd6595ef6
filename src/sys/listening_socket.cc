// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/listening_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "sys/clock.h"

namespace mailchute::sys {
namespace {

constexpr int kBacklog = 128;
constexpr int kLookAgain = 10;  // milliseconds, for a socket that is about to come free

UniqueFd new_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return failure(Error::Kind::config, "listen on " + path + ": a socket's path has 1 to " +
                                            std::to_string(sizeof address.sun_path - 1) +
                                            " octets");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool somebody_listens(const sockaddr_un& address) {
  const UniqueFd probe = new_socket();
  return ::connect(probe.get(), generic(address), sizeof address) == 0 || errno == EAGAIN;
}

// A socket that nobody listens on may be replaced.
Result<> check_place(const sockaddr_un& address, Milliseconds patience) {
  struct stat status {};
  if (::lstat(address.sun_path, &status) != 0) return {};
  const std::string listen_on = std::string("listen on ") + address.sun_path + ": ";
  if (!S_ISSOCK(status.st_mode)) {
    return failure(Error::Kind::config, listen_on + "something that is no socket is in the way");
  }
  const Instant deadline = boot_now() + patience;
  while (somebody_listens(address)) {
    if (boot_now() >= deadline) {
      return failure(Error::Kind::create, listen_on + "another process listens there");
    }
    ::poll(nullptr, 0, kLookAgain);
  }
  return {};
}

// Beside the path, and no longer than it: "control" is made as "contro~".
std::string draft_of(std::string path) {
  path.back() = path.back() == '~' ? '-' : '~';
  return path;
}

bool listen_at(int socket, const std::string& path, mode_t mode) {
  const auto address = address_of(path);
  ::unlink(path.c_str());  // from a crash
  return ::bind(socket, generic(*address), sizeof *address) == 0 &&
         ::chmod(path.c_str(), mode) == 0 && ::listen(socket, kBacklog) == 0;
}

}  // namespace

// It has its name only when it listens: who finds it is never refused.
Result<ListeningSocket> ListeningSocket::open(const std::string& path, mode_t mode,
                                              Milliseconds patience) {
  const auto address = address_of(path);
  if (!address) return failure(address.error());
  if (auto checked = check_place(*address, patience); !checked) return failure(checked.error());
  UniqueFd socket = new_socket();
  const std::string draft = draft_of(path);
  if (!socket || !listen_at(socket.get(), draft, mode) ||
      ::rename(draft.c_str(), path.c_str()) != 0) {
    Error error = Error::from_errno("listen on", path);
    ::unlink(draft.c_str());
    return failure(std::move(error));
  }
  return ListeningSocket(std::move(socket), path);
}

ListeningSocket::ListeningSocket(UniqueFd fd, std::string path)
    : fd_(std::move(fd)), path_(std::move(path)), maker_(::getpid()) {
  ::lstat(path_.c_str(), &mine_);
}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::move(other.fd_);
  path_ = std::move(other.path_);
  mine_ = other.mine_;
  maker_ = other.maker_;
  return *this;
}

ListeningSocket::~ListeningSocket() { close(); }

bool ListeningSocket::in_place() const {
  struct stat now {};
  return ::lstat(path_.c_str(), &now) == 0 && now.st_dev == mine_.st_dev &&
         now.st_ino == mine_.st_ino;
}

// The name first: nobody is to find it and be refused.
void ListeningSocket::close() {
  if (fd_ && maker_ == ::getpid() && in_place()) ::unlink(path_.c_str());
  fd_.reset();
}

}  // namespace mailchute::sys
