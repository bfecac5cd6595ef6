// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/routing.h"

#include <fcntl.h>

#include <optional>
#include <utility>

#include "mail/address_list.h"

namespace mailchute::config {
namespace {

// A device or a pipe could keep who reads it waiting for ever. A list may lie in somebody's own
// folder, where he could put a link to a file that only we can read, and see it in the log.
Result<std::string> read_regular_file(const std::string& path, bool list, std::size_t most) {
  const auto file = sys::open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return failure(file.error());
  const auto status = sys::status_of(file->get(), path);
  if (!status) return failure(status.error());
  if (!S_ISREG(status->st_mode)) return failure(Error::Kind::data, path + ": not a file");
  if (list && (status->st_mode & S_IROTH) == 0) {
    return failure(Error::Kind::data,
                   path + ": not readable by everybody, as a list has to be; chmod a+r it");
  }
  return sys::read_rest(file->get(), path, most);
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
    aliases = mail::Aliases(settings.aliases, settings.hostname,
                            [&](const std::string& path, std::size_t most) {
                              files.emplace(path, sys::stamp_of(path));
                              return read_regular_file(path, path != settings.aliases, most);
                            });
  }
  return {
      mail::Router(settings.hostname, settings.domain, administrator(settings), std::move(aliases)),
      std::move(files)};
}

}  // namespace mailchute::config
