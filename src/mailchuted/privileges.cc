// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace mailchute::mailchuted {
namespace {

struct Ids {
  uid_t uid;
  gid_t gid;
};

tl::unexpected<Error> no_such(std::string_view what, const std::string& name) {
  return failure(Error::Kind::config, "there is no " + std::string(what) + " " + name +
                                          "; make one (useradd --system --user-group --home-dir "
                                          "/nonexistent --shell /usr/sbin/nologin " +
                                          name + ") or set " + std::string(what) +
                                          " in the configuration");
}

Result<Ids> look_up(const config::Settings& settings) {
  const passwd* user = ::getpwnam(settings.user.c_str());
  if (user == nullptr) return no_such("user", settings.user);
  const uid_t uid = user->pw_uid;
  const ::group* group = ::getgrnam(settings.group.c_str());
  if (group == nullptr) return no_such("group", settings.group);
  if (uid == 0) return failure(Error::Kind::config, "mailchuted does not run as root; set user");
  return Ids{uid, group->gr_gid};
}

}  // namespace

Result<> make_run_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return failure(Error::from_errno("make run_directory", path));
}

Result<> drop_privileges(const config::Settings& settings) {
  ::umask(022);
  if (auto made = make_run_directory(settings.run_directory); !made) return made;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return failure(Error::from_errno("set", "no_new_privs"));
  }
  if (::geteuid() != 0) return {};
  auto ids = look_up(settings);
  if (!ids) return failure(ids.error());
  if (::chown(settings.run_directory.c_str(), ids->uid, ids->gid) != 0) {
    return failure(Error::from_errno("chown", settings.run_directory));
  }
  if (::setgroups(0, nullptr) != 0 || ::setresgid(ids->gid, ids->gid, ids->gid) != 0 ||
      ::setresuid(ids->uid, ids->uid, ids->uid) != 0) {
    return failure(Error::from_errno("become user", settings.user));
  }
  return {};
}

}  // namespace mailchute::mailchuted
