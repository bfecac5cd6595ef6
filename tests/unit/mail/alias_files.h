// SPDX-License-Identifier: GPL-3.0-or-later
// Files as aliases see them, on a machine called web1.example.org.
#pragma once

#include <map>
#include <string>

#include "mail/aliases.h"

namespace mailchute::mail {

inline Aliases read_aliases(const std::map<std::string, std::string>& files) {
  return Aliases("/etc/aliases", "web1.example.org",
                 [&](const std::string& path, std::size_t most) -> Result<std::string> {
                   const auto file = files.find(path);
                   if (file != files.end()) return file->second.substr(0, most);
                   return failure(Error::Kind::create, "open " + path + ": No such file or directory");
                 });
}

}  // namespace mailchute::mail
