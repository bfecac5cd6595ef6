// SPDX-License-Identifier: GPL-3.0-or-later
#include "sys/file.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <thread>

namespace mailchute::sys {
namespace {

template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// Writes piece by piece; `write_piece` takes the octets and how many went before them.
template <class WritePiece>
Result<> write_pieces(std::string_view octets, std::string_view name, WritePiece write_piece) {
  std::size_t done = 0;
  while (done < octets.size()) {
    const auto n = retried([&] { return write_piece(octets.substr(done), done); });
    if (n < 0) return failure(Error::from_errno("write", name));
    done += static_cast<std::size_t>(n);
  }
  return {};
}

// A half-written file that must not stay when something fails.
class Draft {
 public:
  Draft(int directory, std::string name) : directory_(directory), name_(std::move(name)) {}
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (!name_.empty()) ::unlinkat(directory_, name_.c_str(), 0);
  }
  void keep() { name_.clear(); }

 private:
  int directory_;
  std::string name_;
};

}  // namespace

Result<UniqueFd> open_at(int directory, const std::string& name, int flags, mode_t mode) {
  const int fd =
      retried([&] { return ::openat(directory, name.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) return failure(Error::from_errno((flags & O_CREAT) != 0 ? "create" : "open", name));
  return UniqueFd(fd);
}

Result<std::size_t> read_some(int fd, std::span<char> buffer, std::string_view name) {
  const auto n = retried([&] { return ::read(fd, buffer.data(), buffer.size()); });
  if (n < 0) return failure(Error::from_errno("read", name));
  return static_cast<std::size_t>(n);
}

Result<std::size_t> read_some_at(int fd, std::span<char> buffer, std::uint64_t offset,
                                 std::string_view name) {
  const auto at = static_cast<off_t>(offset);
  const auto n = retried([&] { return ::pread(fd, buffer.data(), buffer.size(), at); });
  if (n < 0) return failure(Error::from_errno("read", name));
  return static_cast<std::size_t>(n);
}

Result<> write_all(int fd, std::string_view octets, std::string_view name) {
  return write_pieces(octets, name, [fd](std::string_view piece, std::size_t) {
    return ::write(fd, piece.data(), piece.size());
  });
}

Result<> write_all_at(int fd, std::string_view octets, std::uint64_t offset,
                      std::string_view name) {
  return write_pieces(octets, name, [fd, offset](std::string_view piece, std::size_t done) {
    return ::pwrite(fd, piece.data(), piece.size(), static_cast<off_t>(offset + done));
  });
}

Result<> sync(int fd, std::string_view name) {
  if (retried([fd] { return ::fsync(fd); }) < 0) return failure(Error::from_errno("sync", name));
  return {};
}

std::vector<int> sync_together(std::span<const int> fds) {
  std::vector<int> errors(fds.size(), 0);
  const auto sync_one = [&](std::size_t i) {
    if (retried([&] { return ::fsync(fds[i]); }) < 0) errors[i] = errno;
  };
  std::vector<std::thread> others;
  std::size_t i = 1;
  try {
    for (others.reserve(fds.size()); i < fds.size(); ++i) others.emplace_back(sync_one, i);
  } catch (const std::system_error&) {  // no more threads: one after the other
    for (; i < fds.size(); ++i) sync_one(i);
  }
  if (!fds.empty()) sync_one(0);
  for (std::thread& other : others) other.join();
  return errors;
}

Result<> sync_data(int fd, std::string_view name) {
  if (retried([fd] { return ::fdatasync(fd); }) < 0) {
    return failure(Error::from_errno("sync", name));
  }
  return {};
}

Result<struct stat> status_of(int fd, std::string_view name) {
  struct stat status {};
  if (::fstat(fd, &status) < 0) return failure(Error::from_errno("stat", name));
  return status;
}

Result<std::string> read_file(int directory, const std::string& name, std::size_t limit) {
  auto file = open_at(directory, name, O_RDONLY);
  if (!file) return failure(std::move(file.error()));
  return read_rest(file->get(), name, limit);
}

Result<std::string> read_rest(int fd, const std::string& name, std::size_t limit) {
  constexpr std::size_t kPiece = 4096;
  std::string content;
  for (;;) {
    const std::size_t before = content.size();
    content.resize(before + kPiece);
    const auto n = read_some(fd, std::span(content).subspan(before), name);
    if (!n) return failure(n.error());
    content.resize(before + *n);
    if (content.size() > limit) {
      return failure(Error::Kind::data,
                     name + ": longer than " + std::to_string(limit) + " octets");
    }
    if (*n == 0) return content;
  }
}

FileStamp stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  const auto& changed = status.st_ctim;
  return {status.st_dev, status.st_ino, status.st_size,
          std::int64_t{changed.tv_sec} * 1'000'000'000 + changed.tv_nsec};
}

Result<> replace_file(int directory, const std::string& name, std::string_view content, mode_t mode,
                      bool durable) {
  const std::string draft_name = name + ".new";
  if (::unlinkat(directory, draft_name.c_str(), 0) < 0 && errno != ENOENT) {
    return failure(Error::from_errno("remove", draft_name));
  }
  auto file = open_at(directory, draft_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  if (!file) return failure(std::move(file.error()));
  Draft draft(directory, draft_name);
  if (::fchmod(file->get(), mode) < 0) return failure(Error::from_errno("chmod", name));
  if (auto written = write_all(file->get(), content, name); !written) return written;
  if (durable) {
    if (auto synced = sync(file->get(), name); !synced) return synced;
  }
  if (::renameat(directory, draft_name.c_str(), directory, name.c_str()) < 0) {
    return failure(Error::from_errno("replace", name));
  }
  draft.keep();
  return {};
}

std::optional<std::uint64_t> free_space(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace mailchute::sys
