// SPDX-License-Identifier: GPL-3.0-or-later
// Notices that somebody has changed the aliases, or a list that they include: nobody who edits
// /etc/aliases should have to remember newaliases(1), though he may.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sys/file.h"
#include "sys/folder_watch.h"

namespace mailchute::mailchuted {

class AliasWatch {
 public:
  AliasWatch() = default;
  // What is not there may come. A folder that cannot be watched is left out.
  explicit AliasWatch(std::map<std::string, sys::FileStamp> files);

  // Readable when changed() should be asked.
  std::vector<int> fds() const;
  // Since the last time; costs nothing as long as nothing was written in their folders.
  bool changed();

 private:
  std::map<std::string, sys::FileStamp> files_;
  std::vector<sys::FolderWatch> folders_;
};

}  // namespace mailchute::mailchuted
