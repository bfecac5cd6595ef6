// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/check_program.h"

#include <sys/stat.h>

#include "base/error.h"

namespace mailchute {
namespace {

struct Runner {
  const std::string& user;
  uid_t uid;
  gid_t gid;
};

// Of a folder this is the right to enter it.
bool executable(const struct stat& status, const Runner& runner) {
  if (runner.uid == 0) return (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
  if (status.st_uid == runner.uid) return (status.st_mode & S_IXUSR) != 0;
  if (status.st_gid == runner.gid) return (status.st_mode & S_IXGRP) != 0;
  return (status.st_mode & S_IXOTH) != 0;
}

// In a sticky folder nobody replaces what is not his.
bool open_to_others(const struct stat& status) {
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  return (status.st_mode & S_IWOTH) != 0 && !sticky;
}

std::string fault_of(const std::string& path, bool folder, const Runner& runner) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return Error::from_errno("look at", path).text + "; write the path of a program that is there";
  if (!folder && !S_ISREG(status.st_mode))
    return path + ": no program; write the path of one, and its arguments behind it";
  if (!executable(status, runner))
    return path + ": user " + runner.user + (folder ? " cannot enter it" : " cannot run it") +
           "; chmod a+x " + path;
  if (open_to_others(status)) return path + ": everybody can change it; chmod o-w " + path;
  return "";
}

}  // namespace

std::string fault_of_program(const std::string& path, const std::string& user, uid_t uid,
                             gid_t gid) {
  const Runner runner{user, uid, gid};
  for (auto slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1)) {
    if (std::string fault = fault_of(path.substr(0, slash), true, runner); !fault.empty())
      return fault;
  }
  return fault_of(path, false, runner);
}

}  // namespace mailchute
