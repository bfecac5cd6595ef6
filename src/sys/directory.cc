// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/directory.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sys/file.h"

namespace mailchute::sys {
namespace {

int rename_with(int from, const std::string& name, int to, const std::string& new_name,
                unsigned flags) {
  return ::renameat2(from, name.c_str(), to, new_name.c_str(), flags) < 0 ? errno : 0;
}

}  // namespace

Result<UniqueFd> open_directory(int directory, const std::string& name) {
  return open_at(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

Result<NameStream> NameStream::open(int directory, const std::string& name) {
  auto fd = open_directory(directory, name);
  if (!fd) return failure(std::move(fd.error()));
  DIR* stream = ::fdopendir(fd->get());
  if (stream == nullptr) return failure(Error::from_errno("open", name));
  fd->release();
  return NameStream(stream);
}

std::string NameStream::next() {
  for (error_ = errno = 0; const dirent* entry = ::readdir(stream_.get());) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return std::string(name);
  }
  error_ = errno;
  return {};
}

Result<std::vector<std::string>> names_in(int directory, const std::string& name) {
  auto stream = NameStream::open(directory, name);
  if (!stream) return failure(std::move(stream.error()));
  std::vector<std::string> names;
  for (auto found = stream->next(); !found.empty(); found = stream->next()) {
    names.push_back(std::move(found));
  }
  if (stream->error() != 0) return failure(Error::from_errno("read", name, stream->error()));
  return names;
}

OrErrno<UniqueFd> open_beneath(int directory, const std::string& name, int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
  for (;;) {
    const long fd = ::syscall(SYS_openat2, directory, name.c_str(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno != EINTR) return tl::unexpected(errno);
  }
}

bool exists(int directory, const std::string& name) {
  struct stat status {};
  return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

int rename_to_free_name(int from, const std::string& name, int to, const std::string& new_name) {
  return rename_with(from, name, to, new_name, RENAME_NOREPLACE);
}

int exchange_names(int directory, const std::string& a, const std::string& b) {
  return rename_with(directory, a, directory, b, RENAME_EXCHANGE);
}

int remove_name(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) == 0) return 0;
  if (errno != EISDIR) return errno;
  return ::unlinkat(directory, name.c_str(), AT_REMOVEDIR) < 0 ? errno : 0;
}

}  // namespace mailchute::sys
