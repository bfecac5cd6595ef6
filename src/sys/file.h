// SPDX-License-Identifier: GPL-3.0-or-later
// File calls with their errors as values. `name` is used in the error's text as well; every call
// retries after EINTR, and no descriptor survives exec.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sys/unique_fd.h"

namespace mailchute::sys {

// openat(2) with O_CLOEXEC. `directory` may be AT_FDCWD.
Result<UniqueFd> open_at(int directory, const std::string& name, int flags, mode_t mode = 0);

// 0 is the end of the file.
Result<std::size_t> read_some(int fd, std::span<char> buffer, std::string_view name);

Result<std::size_t> read_some_at(int fd, std::span<char> buffer, std::uint64_t offset,
                                 std::string_view name);

Result<> write_all(int fd, std::string_view octets, std::string_view name);
Result<> write_all_at(int fd, std::string_view octets, std::uint64_t offset, std::string_view name);

// fsync(2): content and name are durable afterwards.
Result<> sync(int fd, std::string_view name);

// The same for several at once, each in a thread of its own: a disk flushes its cache once for all
// who ask meanwhile, and in turn takes as long again for each. 0 or an errno for each.
std::vector<int> sync_together(std::span<const int> fds);

// fdatasync(2): enough for octets changed in place.
Result<> sync_data(int fd, std::string_view name);

Result<struct stat> status_of(int fd, std::string_view name);

// The whole file, at most `limit` octets; a longer file is an error of kind data.
Result<std::string> read_file(int directory, const std::string& name, std::size_t limit);
// The same of what is open, from where it stands.
Result<std::string> read_rest(int fd, const std::string& name, std::size_t limit);

// Which file has this name, and since when it has its content; all zero when there is none.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t changed = 0;  // nanoseconds since 1970, by ctime
  bool operator==(const FileStamp&) const = default;
};
FileStamp stamp_of(const std::string& path);

// Replaces or creates a file so that readers see the old or the new content; durable only as far as
// the directory is synced afterwards. `durable` syncs the content first. Writes `name`.new and
// renames it: one writer at a time.
Result<> replace_file(int directory, const std::string& name, std::string_view content, mode_t mode,
                      bool durable);

// Octets that an ordinary user may still write to the file system of this path.
std::optional<std::uint64_t> free_space(const std::string& path);

}  // namespace mailchute::sys
