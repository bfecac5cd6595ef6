// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/folders.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>

#include "base/text.h"
#include "queue/layout.h"
#include "sys/clock.h"
#include "sys/directory.h"
#include "sys/file.h"

namespace mailchute::queue {
namespace {

constexpr int kLookAgain = 50;             // milliseconds, for a lock that is about to come free
constexpr char kReplacement[] = ".fresh";  // of a folder that has grown

tl::unexpected<Error> misconfigured(std::string text) {
  return failure(Error::Kind::config, std::move(text));
}

std::string install_command(unsigned mode, const std::string& path) {
  char octal[8];
  std::snprintf(octal, sizeof octal, "%04o", mode);
  return std::string("install -d -o mailchute -g mailchute -m ") + octal + " " + path;
}

Result<> check_queue_folder(int queue, const std::string& directory) {
  const auto status = sys::status_of(queue, directory);
  if (!status) return failure(status.error());
  if (status->st_uid != ::geteuid() && status->st_uid != 0) {
    return misconfigured(directory + " belongs to somebody else (uid " +
                         std::to_string(status->st_uid) + "): chown mailchute " + directory);
  }
  if ((status->st_mode & 022) != 0) {
    return misconfigured(directory + " can be written by others: chmod go-w " + directory);
  }
  return {};
}

Result<sys::UniqueFd> open_queue_folder(const std::string& directory) {
  auto queue = sys::open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);
  if (!queue) {
    return misconfigured(queue.error().text + ": " + install_command(0755, directory));
  }
  if (auto checked = check_queue_folder(queue->get(), directory); !checked) {
    return failure(std::move(checked.error()));
  }
  return queue;
}

// flock(2); the system's <sys/file.h> is hidden by the folder sys/ here.
bool taken(const sys::UniqueFd& file) {
  return ::syscall(SYS_flock, file.get(), LOCK_EX | LOCK_NB) == 0;
}

std::string holder(int queue) {
  const auto pid = sys::read_file(queue, kLock, 32);
  return std::string(pid ? trim(*pid) : "unknown");
}

// Also where nobody has asked yet what has become of it.
bool has_died(const std::string& pid) {
  const auto number = parse_number(pid);
  if (!number || *number <= 1 || *number > INT_MAX) return false;
  const sys::UniqueFd process(
      static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(*number), 0)));
  if (!process) return errno == ESRCH;
  pollfd end{process.get(), POLLIN, 0};
  return ::poll(&end, 1, 0) == 1;
}

// Without this setting anybody could link another user's readable file into the drop directory.
Result<> check_hardlinks(const std::string& setting, Log& log) {
  const auto value = sys::read_file(AT_FDCWD, setting, 16);
  if (!value) {
    log(Event("unchecked", Severity::notice)
            .with("setting", setting)
            .with("reason", value.error().text));
    return {};
  }
  if (trim(*value) == "1") return {};
  return misconfigured(
      "fs.protected_hardlinks is off, so that users can queue each other's files: "
      "sysctl -w fs.protected_hardlinks=1");
}

Result<> check_openat2(int queue) {
  const auto self = sys::open_beneath(queue, ".", O_RDONLY | O_DIRECTORY);
  if (self) return {};
  return failure(Error::from_errno("openat2 (Linux 5.6 or newer)", "", self.error()));
}

unsigned drop_mode(bool open) { return open ? kDropFolderMode : kPrivateFolderMode; }

// Makes the folder if need be; the mode under any umask.
Result<> make_folder(int queue, const char* name, unsigned mode) {
  if (::mkdirat(queue, name, 0700) < 0) {
    if (errno == EEXIST) return {};
    return failure(Error::from_errno("make folder", name));
  }
  if (::fchmodat(queue, name, mode, 0) < 0) return failure(Error::from_errno("chmod", name));
  return {};
}

// `other` is a mode that is mended without a word: what it was before a setting was changed.
Result<sys::UniqueFd> open_folder(int queue, const std::string& directory, const char* name,
                                  unsigned mode, unsigned other) {
  const std::string path = directory + "/" + name;
  const std::string remedy = ": " + install_command(mode, path);
  if (auto made = make_folder(queue, name, mode); !made) {
    return misconfigured(made.error().text + remedy);
  }
  auto folder = sys::open_directory(queue, name);
  if (!folder) return misconfigured(folder.error().text + remedy);
  auto status = sys::status_of(folder->get(), path);
  const auto parent = sys::status_of(queue, directory);
  if (!status || !parent) return failure((status ? parent : status).error());
  if (status->st_uid != ::geteuid()) {
    return misconfigured(path + " belongs to somebody else (uid " + std::to_string(status->st_uid) +
                         ")" + remedy);
  }
  if ((status->st_mode & 07777) == other && ::fchmod(folder->get(), mode) == 0) {
    status = sys::status_of(folder->get(), path);
  }
  if (!status || (status->st_mode & 07777) != mode) {
    return misconfigured(path + " has a wrong mode" + remedy);
  }
  if (status->st_dev != parent->st_dev) {
    return misconfigured(path + " is on another file system than " + directory);
  }
  return folder;
}

Result<> open_all(Folders& folders, const std::string& directory) {
  struct Wanted {
    const char* name;
    unsigned mode;
    sys::UniqueFd Folders::*place;
    unsigned other = mode;
  };
  const unsigned open = drop_mode(folders.drop_open);
  const unsigned shut = drop_mode(!folders.drop_open);
  const Wanted wanted_folders[] = {{kTmp, open, &Folders::tmp, shut},
                                   {kNew, open, &Folders::fresh, shut},
                                   {kCur, kPrivateFolderMode, &Folders::cur},
                                   {kHeld, kPrivateFolderMode, &Folders::held},
                                   {kFailed, kPrivateFolderMode, &Folders::failed},
                                   {kWork, kPrivateFolderMode, &Folders::work},
                                   {kInfo, kPrivateFolderMode, &Folders::info}};
  for (const auto& wanted : wanted_folders) {
    auto folder =
        open_folder(folders.queue.get(), directory, wanted.name, wanted.mode, wanted.other);
    if (!folder) return failure(std::move(folder.error()));
    folders.*wanted.place = std::move(*folder);
  }
  return {};
}

Result<> check_groups(Folders& folders, const std::string& directory) {
  const auto tmp = sys::status_of(folders.tmp.get(), kTmp);
  const auto fresh = sys::status_of(folders.fresh.get(), kNew);
  if (!tmp || !fresh) return failure((tmp ? fresh : tmp).error());
  folders.group = fresh->st_gid;
  if (tmp->st_gid == fresh->st_gid) return {};
  return misconfigured(directory + "/tmp and " + directory + "/new have different groups: chgrp " +
                       "mailchute " + directory + "/tmp " + directory + "/new");
}

// Nothing where the folder cannot be read: it is looked at again at the next start.
std::vector<std::string> names_in(const sys::UniqueFd& folder) {
  return sys::names_in(folder.get(), ".").value_or(std::vector<std::string>());
}

bool is_grown_and_empty(const sys::UniqueFd& folder, off_t limit) {
  const auto status = sys::status_of(folder.get(), "");
  if (!status || status->st_size <= limit) return false;
  auto names = sys::NameStream::open(folder.get(), ".");
  return names && names->next().empty() && names->error() == 0;
}

// Moves what is left in the old folder into the present one, and removes the old one.
void drain(int queue, const std::string& old_name, const sys::UniqueFd& present) {
  auto old = sys::open_directory(queue, old_name);
  if (!old) return;
  for (const auto& name : names_in(*old)) {
    sys::rename_to_free_name(old->get(), name, present.get(), name);
  }
  sys::remove_name(queue, old_name);
}

// The name is taken over in one step, so submitters find a folder at any time.
bool replace(const Folders& folders, const std::string& name, sys::UniqueFd& folder) {
  const int queue = folders.queue.get();
  const std::string other = name + kReplacement;
  if (::mkdirat(queue, other.c_str(), 0700) < 0) return false;
  auto made = sys::open_directory(queue, other);
  const bool ready = made && ::fchown(made->get(), folders.daemon, folders.group) == 0 &&
                     ::fchmod(made->get(), drop_mode(folders.drop_open)) == 0 &&
                     sys::exchange_names(queue, name, other) == 0;
  if (ready) folder = std::move(*made);
  drain(queue, other, folder);
  return ready;
}

}  // namespace

Result<sys::UniqueFd> lock(const std::string& directory, Milliseconds patience) {
  const auto queue = open_queue_folder(directory);
  if (!queue) return failure(queue.error());
  auto file = sys::open_at(queue->get(), kLock, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!file) return file;
  const Instant deadline = sys::boot_now() + patience;
  while (!taken(*file)) {
    const std::string pid = holder(queue->get());
    if (!has_died(pid) || sys::boot_now() >= deadline) {
      return failure(
          Error::Kind::unavailable,
          "queue " + directory + " is in use by another mailchuted (pid " + escaped(pid) + ")");
    }
    ::poll(nullptr, 0, kLookAgain);
  }
  // The holder's pid is for people; what counts is the lock.
  if (::ftruncate(file->get(), 0) < 0) return failure(Error::from_errno("truncate", kLock));
  const auto pid = std::to_string(::getpid()) + "\n";
  if (auto written = sys::write_all_at(file->get(), pid, 0, kLock); !written) {
    return failure(std::move(written.error()));
  }
  return file;
}

Result<Folders> open_folders(const std::string& directory, Log& log, bool drop_open,
                             const std::string& hardlinks_setting) {
  auto queue = open_queue_folder(directory);
  if (!queue) return failure(std::move(queue.error()));
  Folders folders;
  folders.daemon = ::geteuid();
  folders.drop_open = drop_open;
  folders.queue = std::move(*queue);
  auto checked = drop_open ? check_hardlinks(hardlinks_setting, log) : Result<>();
  if (checked) checked = check_openat2(folders.queue.get());
  if (checked) checked = open_all(folders, directory);
  if (checked) checked = check_groups(folders, directory);
  if (!checked) return failure(std::move(checked.error()));
  drain(folders.queue.get(), std::string(kTmp) + kReplacement, folders.tmp);
  drain(folders.queue.get(), std::string(kNew) + kReplacement, folders.fresh);
  return folders;
}

void remove_leftovers(const Folders& folders) {
  for (const auto& name : names_in(folders.work)) {
    sys::remove_name(folders.work.get(), name);
  }
  for (const auto& name : names_in(folders.info)) {
    struct stat status {};
    const bool wanted = ::fstatat(folders.cur.get(), name.c_str(), &status, 0) == 0 ||
                        ::fstatat(folders.held.get(), name.c_str(), &status, 0) == 0;
    if (!wanted) sys::remove_name(folders.info.get(), name);
  }
}

void remove_old_drafts(const Folders& folders, Seconds lifetime, Time now) {
  auto names = sys::NameStream::open(folders.tmp.get(), ".");
  if (!names) return;
  const auto oldest = std::chrono::floor<Seconds>(now - lifetime).time_since_epoch().count();
  for (auto name = names->next(); !name.empty(); name = names->next()) {
    struct stat status {};
    const int found = ::fstatat(folders.tmp.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW);
    if (found == 0 && status.st_ctim.tv_sec < oldest) sys::remove_name(folders.tmp.get(), name);
  }
}

bool replace_grown(Folders& folders, Log& log, off_t limit) {
  const auto consider = [&](const char* name, sys::UniqueFd& folder) {
    if (!is_grown_and_empty(folder, limit)) return false;
    const bool replaced = replace(folders, name, folder);
    log(Event("folder", Severity::notice)
            .with("name", name)
            .with("result", replaced ? "replaced by a fresh one" : "too large, but stays"));
    return replaced;
  };
  consider(kTmp, folders.tmp);
  return consider(kNew, folders.fresh);
}

}  // namespace mailchute::queue
