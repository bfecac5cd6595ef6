// SPDX-License-Identifier: GPL-3.0-or-later
// Files that hold secrets: who may read one is asked of the opened descriptor, so that nobody can
// exchange it in between.
#include <fcntl.h>
#include <grp.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "secret/secret.h"
#include "sys/file.h"
#include "sys/identity.h"

namespace mailchute::secret {
namespace {

constexpr std::size_t kLongestPassword = 4096;

constexpr std::string_view kPasswordFile = "password file";

tl::unexpected<Error> refused(const std::string& path, std::string_view what, std::string_view why,
                              std::string_view mend) {
  std::string text = path + ": ";
  text.append(what).append(" ").append(why).append("; ").append(mend);
  return failure(Error::Kind::config, std::move(text));
}

std::string opening_command(const std::string& path, const std::string& group) {
  return "chown root:" + group + " " + path + "; chmod 640 " + path;
}

// With a file of one's own, mode 600 is all it takes; else the daemon reads it through its group.
std::string closing_command(const std::string& path, const std::string& group, uid_t owner) {
  if (owner == ::geteuid() && owner != 0) return "chmod 600 " + path;
  return opening_command(path, group);
}

std::optional<gid_t> id_of(const std::string& group) {
  std::array<char, 16384> buffer;
  struct group entry;
  struct group* found = nullptr;
  if (::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0)
    return std::nullopt;
  return found == nullptr ? std::nullopt : std::optional(entry.gr_gid);
}

bool trusted(uid_t owner, const std::string& user) {
  if (owner == 0 || owner == ::geteuid()) return true;
  return !user.empty() && sys::uid_of(user) == owner;
}

// What is wrong with who may read it; empty if nothing.
std::string exposure(const struct stat& status, const std::string& group, const std::string& user) {
  if (!S_ISREG(status.st_mode)) return "is not a regular file";
  if (!trusted(status.st_uid, user))
    return "belongs to uid " + std::to_string(status.st_uid) + ", who can change it";
  if ((status.st_mode & S_IRWXO) != 0) return "is open to every user";
  const bool closed = (status.st_mode & S_IRWXG) == 0;
  if (closed || status.st_gid == 0 || status.st_gid == ::getegid()) return {};
  if (status.st_gid == id_of(group)) return {};
  return "is open to group " + std::to_string(status.st_gid);
}

std::string creating_command(const std::string& path, const std::string& group) {
  return "create it: install -m 640 -o root -g " + group + " /dev/null " + path +
         ", then write the password there with an editor";
}

Result<sys::UniqueFd> open_closed(const std::string& path, std::string_view what,
                                  const std::string& group, const std::string& user) {
  // O_NONBLOCK: a FIFO is refused, not waited for.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    const bool missing = errno == ENOENT && what == kPasswordFile;
    return refused(path, what, Error::from_errno("cannot be opened", "").text,
                   missing ? creating_command(path, group) : opening_command(path, group));
  }
  sys::UniqueFd file(fd);
  const auto status = sys::status_of(file.get(), path);
  if (!status) return failure(Error::Kind::config, status.error().text);
  if (const std::string why = exposure(*status, group, user); !why.empty())
    return refused(path, what, why, closing_command(path, group, status->st_uid));
  return file;
}

// Up to the end of the file or of `buffer`.
Result<std::size_t> fill(int fd, std::span<char> buffer, const std::string& path) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto n = sys::read_some(fd, buffer.subspan(filled), path);
    if (!n) return failure(Error::Kind::config, n.error().text);
    if (*n == 0) break;
    filled += *n;
  }
  return filled;
}

struct Wiped {
  std::array<char, kLongestPassword + 2> octets;  // and CR LF
  ~Wiped() { sodium_memzero(octets.data(), octets.size()); }
};

}  // namespace

Result<Secret> read_password_file(const std::string& path, const std::string& group,
                                  const std::string& user) {
  const auto file = open_closed(path, kPasswordFile, group, user);
  if (!file) return failure(file.error());
  Wiped buffer;
  const auto size = fill(file->get(), buffer.octets, path);
  if (!size) return failure(size.error());
  std::string_view line(buffer.octets.data(), *size);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto bad = [&](std::string_view why) {
    return refused(path, kPasswordFile, why,
                   "write the password, and nothing else, on its first line");
  };
  if (line.empty()) return bad("has no password on its first line");
  if (line.size() > kLongestPassword) return bad("has a line of more than 4096 octets");
  if (line.find('\0') != line.npos) return bad("has a NUL octet in it");
  return Secret::from(line);
}

Result<> check_private_key_file(const std::string& path, const std::string& group,
                                const std::string& user) {
  const auto file = open_closed(path, "private key", group, user);
  return file ? Result<>() : failure(file.error());
}

}  // namespace mailchute::secret
