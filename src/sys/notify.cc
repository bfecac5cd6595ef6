// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/notify.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

namespace mailchute::sys {
namespace {

// A manager that does not read must not stop the service.
constexpr timeval kPatience{5, 0};
constexpr std::size_t kLongestStatus = 1024;

// The variable's value, which is removed.
std::string take(const char* variable) {
  const char* const value = std::getenv(variable);
  const std::string text = value == nullptr ? "" : value;
  ::unsetenv(variable);
  return text;
}

// "/path", or "@name" in the abstract namespace; nothing for what is neither.
UniqueFd connected(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool path = name.starts_with('/');
  if ((!path && !name.starts_with('@')) || name.size() < 2 ||
      name.size() >= sizeof address.sun_path)
    return {};
  std::memcpy(address.sun_path, name.data(), name.size());
  if (!path) address.sun_path[0] = '\0';
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return {};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  return socket;
}

}  // namespace

Notify Notify::from_environment() {
  Notify notify;
  notify.socket_ = connected(take("NOTIFY_SOCKET"));
  const auto patience = parse_number(take("WATCHDOG_USEC"));
  const auto whose = take("WATCHDOG_PID");
  const bool mine = whose.empty() || whose == std::to_string(::getpid());
  if (notify && mine && patience && *patience > 0) notify.patience_.emplace(*patience);
  return notify;
}

void Notify::tell(std::string_view state) const {
  if (socket_) ::send(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL);
}

void Notify::status(std::string_view text) const {
  std::string state = "STATUS=";
  state += text.substr(0, kLongestStatus);
  std::replace(state.begin(), state.end(), '\n', ' ');
  tell(state);
}

void Notify::reloading() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(count));
}

}  // namespace mailchute::sys
