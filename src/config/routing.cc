// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/routing.h"

#include <fcntl.h>

#include <optional>
#include <utility>

#include "mail/address_list.h"

namespace mailchute::config {
namespace {

// A device or a pipe could keep who reads it waiting for ever.
Result<std::string> read_regular_file(const std::string& path, std::size_t most) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return failure(Error::from_errno("open", path));
  if (!S_ISREG(status.st_mode)) return failure(Error::Kind::data, path + ": not a file");
  return sys::read_file(AT_FDCWD, path, most);
}

std::optional<mail::Address> administrator(const Settings& settings) {
  auto address = mail::parse_address(settings.admin);
  return address ? std::optional(std::move(*address)) : std::nullopt;
}

}  // namespace

Routing read_routing(const Settings& settings) {
  std::map<std::string, sys::FileStamp> files;
  mail::Aliases aliases;
  if (!settings.aliases.empty()) {
    aliases = mail::Aliases(settings.aliases, settings.hostname, [&](const std::string& path, std::size_t most) {
      files.emplace(path, sys::stamp_of(path));
      return read_regular_file(path, most);
    });
  }
  return {mail::Router(settings.hostname, settings.domain, administrator(settings), std::move(aliases)),
          std::move(files)};
}

}  // namespace mailchute::config
