// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/identity.h"

#include <pwd.h>

#include <cerrno>
#include <vector>

namespace mailchute::sys {
namespace {

constexpr std::size_t kLargestEntry = 1 << 20;

int look_up(uid_t uid, passwd& entry, std::vector<char>& buffer, passwd*& found) {
  for (;;) {
    const int error = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE && buffer.size() < kLargestEntry) {
      buffer.resize(buffer.size() * 4);
    } else if (error != EINTR) {
      return error;
    }
  }
}

}  // namespace

Account account_of(uid_t uid) {
  std::vector<char> buffer(1024);
  passwd entry{};
  passwd* found = nullptr;
  const int error = look_up(uid, entry, buffer, found);
  if (error != 0 || found == nullptr || *found->pw_name == '\0') return {std::to_string(uid), ""};
  return {found->pw_name, found->pw_gecos != nullptr ? found->pw_gecos : ""};
}

std::optional<uid_t> uid_of(const std::string& login) {
  const passwd* found = ::getpwnam(login.c_str());
  return found == nullptr ? std::nullopt : std::optional(found->pw_uid);
}

}  // namespace mailchute::sys
