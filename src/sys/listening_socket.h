// SPDX-License-Identifier: GPL-3.0-or-later
// A Unix stream socket with a name that clients connect to. Who accepts on it may come and go, even
// as another process: while this is there clients wait instead of being refused.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "sys/unique_fd.h"

namespace mailchute::sys {

class ListeningSocket {
 public:
  // Replaces a socket left behind, nothing else; `mode` as for chmod(2), whatever the umask. One on
  // which somebody listens is given some time to come free.
  static Result<ListeningSocket> open(const std::string& path, mode_t mode,
                                      Milliseconds patience = Milliseconds(0));
  ListeningSocket(ListeningSocket&&) noexcept = default;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  // The path is removed by the process that made it, unless it has become somebody else's.
  ~ListeningSocket();

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  // The path still leads here.
  bool in_place() const;

 private:
  ListeningSocket(UniqueFd fd, std::string path);
  void close();

  UniqueFd fd_;
  std::string path_;
  struct stat mine_ {};
  pid_t maker_ = -1;
};

}  // namespace mailchute::sys
