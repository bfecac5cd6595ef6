// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/folder_watch.h"

#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace mailchute::sys {
namespace {

constexpr std::uint32_t kArrivals = IN_MOVED_TO | IN_CLOSE_WRITE;
constexpr std::uint32_t kDepartures = IN_MOVED_FROM | IN_DELETE;
constexpr unsigned kFolderGone = IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED;

// All that several events in a row tell.
unsigned mask_of(std::string_view events) {
  unsigned mask = 0;
  while (events.size() >= sizeof(inotify_event)) {
    inotify_event event{};
    std::memcpy(&event, events.data(), sizeof event);
    mask |= event.mask;
    events.remove_prefix(sizeof event + event.len);
  }
  return mask;
}

}  // namespace

Result<FolderWatch> FolderWatch::open(std::string path, bool departures) {
  UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return failure(Error::from_errno("watch", path));
  FolderWatch result(std::move(fd), std::move(path), kArrivals | (departures ? kDepartures : 0));
  if (auto watched = result.watch(); !watched) return failure(std::move(watched.error()));
  return result;
}

Result<> FolderWatch::watch() {
  const std::uint32_t mask = events_ | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;
  if (::inotify_add_watch(fd_.get(), path_.c_str(), mask) < 0) {
    return failure(Error::from_errno("watch", path_));
  }
  return {};
}

Result<bool> FolderWatch::drain() {
  alignas(inotify_event) std::array<char, 16384> buffer;
  unsigned mask = 0;
  for (;;) {
    const auto n = ::read(fd_.get(), buffer.data(), buffer.size());
    if (n > 0) mask |= mask_of(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return failure(Error::from_errno("watch", path_));
    if (n <= 0) break;
  }
  if ((mask & kFolderGone) != 0) {
    if (auto watched = watch(); !watched) return failure(std::move(watched.error()));
  }
  return mask != 0;
}

}  // namespace mailchute::sys
