// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/handed_over.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "base/text.h"

namespace mailchute::sys {
namespace {

constexpr int kFirst = 3;
constexpr std::uint64_t kMost = 64;

std::optional<std::uint64_t> number_in(const char* variable) {
  const char* const text = ::getenv(variable);
  return text == nullptr ? std::nullopt : parse_number(text);
}

}  // namespace

std::vector<UniqueFd> handed_over() {
  const auto pid = number_in("LISTEN_PID");
  const auto count = number_in("LISTEN_FDS");
  for (const char* const variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    ::unsetenv(variable);
  std::vector<UniqueFd> sockets;
  if (pid != static_cast<std::uint64_t>(::getpid()) || !count || *count > kMost) return sockets;
  for (int fd = kFirst; fd < kFirst + static_cast<int>(*count); ++fd) {
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) sockets.emplace_back(fd);
  }
  return sockets;
}

}  // namespace mailchute::sys
