// SPDX-License-Identifier: GPL-3.0-or-later
// Notices that somebody has changed or removed the aliases, or a list that they include: nobody who
// edits /etc/aliases should have to remember newaliases(1), though he may. Editors that write a new
// file take the old one away before: whoever hears of a change waits a moment.
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
  // Since the last time, at first since the stamps; costs nothing as long as nothing happens in
  // their folders.
  bool changed();

 private:
  std::map<std::string, sys::FileStamp> files_;
  std::vector<sys::FolderWatch> folders_;
  bool look_ = false;  // whatever the folders tell
};

}  // namespace mailchute::mailchuted
