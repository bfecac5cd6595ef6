// SPDX-License-Identifier: GPL-3.0-or-later
// Folders that other people write to. What fails here is an errno, not an Error: whoever sweeps
// such a folder decides by it, and the text would mostly be thrown away.
#pragma once

#include <dirent.h>

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/error.h"
#include "sys/unique_fd.h"

namespace mailchute::sys {

template <class T>
using OrErrno = tl::expected<T, int>;

// For reading names and as the `directory` of other calls; a symbolic link is refused.
Result<UniqueFd> open_directory(int directory, const std::string& name);

// All names but "." and "..", in no order.
Result<std::vector<std::string>> names_in(int directory, const std::string& name);

// The names of one folder, some at a time.
class NameStream {
 public:
  static Result<NameStream> open(int directory, const std::string& name);
  // Empty at the end, and where reading fails: error() tells one from the other.
  std::string next();
  // Of the last next(); 0 or an errno.
  int error() const { return error_; }
  void rewind() { ::rewinddir(stream_.get()); }

 private:
  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  explicit NameStream(DIR* stream) : stream_(stream) {}
  std::unique_ptr<DIR, Close> stream_;
  int error_ = 0;
};

// openat2(2), Linux 5.6: no symbolic link, no other file system, nothing above `directory`; a FIFO
// does not block, a lease is EAGAIN.
OrErrno<UniqueFd> open_beneath(int directory, const std::string& name, int flags);

// Whatever it is; a symbolic link is not followed.
bool exists(int directory, const std::string& name);

// renameat2(2). 0 or an errno; EEXIST when the new name is taken.
int rename_to_free_name(int from, const std::string& name, int to, const std::string& new_name);
int exchange_names(int directory, const std::string& a, const std::string& b);

// unlink(2), or rmdir(2) where it is a folder. 0 or an errno.
int remove_name(int directory, const std::string& name);

}  // namespace mailchute::sys
