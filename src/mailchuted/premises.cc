// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/premises.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>

#include "mailchuted/privileges.h"
#include "queue/folders.h"

namespace mailchute::mailchuted {
namespace {

constexpr mode_t kForEveryone = 0666;
// A process that ends gives up the lock a moment before its sockets; a busy machine may draw that
// out.
constexpr Milliseconds kOrphan = Seconds(3);

// One spelling for one folder: a second lock on it would be refused by the first.
std::string canonical(const std::string& path) {
  std::error_code error;
  const auto found = std::filesystem::weakly_canonical(path, error);
  return error ? path : found.string();
}

}  // namespace

Places::Places(const config::Settings& settings)
    : queue(canonical(settings.queue_directory)),
      sockets{settings.control_socket()},
      smtp(smtp_addresses(settings)) {
  if (settings.submission_socket_open) sockets.insert(settings.submission_socket());
}

Result<> Premises::enter(const config::Settings& settings, Milliseconds patience) {
  const Places places(settings);
  // The lock first: who has it finds nobody listening but who has died.
  if (locks_.count(places.queue) == 0) {
    auto lock = queue::lock(settings.queue_directory, patience);
    if (!lock) return failure(lock.error());
    locks_.emplace(places.queue, std::move(*lock));
  }
  if (auto made = make_run_directory(settings.run_directory); !made) return made;
  for (const std::string& path : places.sockets) {
    if (auto listening = listen(path, patience); !listening) return listening;
  }
  return {};
}

Result<> Premises::listen(const std::string& path, Milliseconds patience) {
  const auto held = sockets_.find(path);
  if (held != sockets_.end() && held->second.in_place()) return {};
  auto socket = sys::ListeningSocket::open(path, kForEveryone, std::min(patience, kOrphan));
  if (!socket) return failure(socket.error());
  sockets_.insert_or_assign(path, std::move(*socket));
  return {};
}

void Premises::leave_all_but(const std::list<const Places*>& used) {
  std::erase_if(locks_, [&](const auto& lock) {
    return std::none_of(used.begin(), used.end(),
                        [&](const Places* places) { return places->queue == lock.first; });
  });
  std::erase_if(sockets_, [&](const auto& socket) {
    return std::none_of(used.begin(), used.end(), [&](const Places* places) {
      return places->sockets.count(socket.first) != 0;
    });
  });
  std::set<std::string> addresses;
  for (const Places* places : used) addresses.insert(places->smtp.begin(), places->smtp.end());
  smtp_.close_all_but(addresses);
}

void Premises::close_sockets() {
  sockets_.clear();
  smtp_ = SmtpSockets();
}

sys::UniqueFd Premises::socket(const std::string& path) const {
  const auto held = sockets_.find(path);
  if (held == sockets_.end()) return {};
  return sys::UniqueFd(::fcntl(held->second.fd(), F_DUPFD_CLOEXEC, 0));
}

}  // namespace mailchute::mailchuted
