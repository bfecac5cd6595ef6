// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/check.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "base/text.h"
#include "config/explain.h"
#include "config/load.h"
#include "config/routing.h"
#include "config/sender_policy.h"
#include "mailchute/check_program.h"
#include "net/tls.h"
#include "queue/layout.h"
#include "secret/secret.h"
#include "sys/identity.h"

namespace mailchute {
namespace {

using config::Settings;
using config::SmartHost;

// Whom the daemon runs as when it is started by root or by systemd.
struct Daemon {
  std::string user, group;
  uid_t uid;
  gid_t gid;
};

std::string octal(unsigned mode) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "%04o", mode);
  return text.data();
}

std::string install_folder(const std::string& path, unsigned mode, const Daemon& daemon) {
  return "install -d -m " + octal(mode) + " -o " + daemon.user + " -g " + daemon.group + " " + path;
}

// The user and group of the configuration, if this machine has both.
std::optional<Daemon> configured_daemon(const Settings& settings) {
  const passwd* const user = ::getpwnam(settings.user.c_str());
  if (user == nullptr) return std::nullopt;
  const uid_t uid = user->pw_uid;
  const group* const group = ::getgrnam(settings.group.c_str());
  if (group == nullptr) return std::nullopt;
  return Daemon{settings.user, settings.group, uid, group->gr_gid};
}

// Only root's files are for all users; somebody's own configuration may be his own business.
void check_configuration_file(const std::string& file, Findings& findings) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || status.st_uid != 0 || !S_ISREG(status.st_mode)) return;
  if ((status.st_mode & S_IROTH) == 0)
    findings.mistakes.push_back(file + ": closed to users, whose sendmail reads it; chmod 644 " +
                                file);
}

// Root reads any file; its daemon, when it has become another user, does not.
bool can_read(const struct stat& status, const Daemon& daemon) {
  if (status.st_uid == daemon.uid) return (status.st_mode & S_IRUSR) != 0;
  return status.st_gid == daemon.gid && (status.st_mode & S_IRGRP) != 0;
}

using Reader = Result<> (*)(const std::string& file, const Daemon& daemon);

Result<> read_password(const std::string& file, const Daemon& daemon) {
  const auto password = secret::read_password_file(file, daemon.group, daemon.user);
  return password ? Result<>() : failure(password.error());
}

Result<> read_key(const std::string& file, const Daemon& daemon) {
  return secret::check_private_key_file(file, daemon.group, daemon.user);
}

// What several smart hosts have in common is said once.
void add(std::vector<std::string>& lines, std::string line) {
  if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
}

void check_secret(const std::string& file, Reader read, const Daemon& daemon, Findings& findings) {
  if (file.empty()) return;
  const bool root = ::geteuid() == 0;
  if (!root && ::access(file.c_str(), R_OK) != 0 && errno == EACCES) {
    add(findings.notes, file + ": not checked, since it is closed to you; ask root to check");
    return;
  }
  const auto secret = read(file, daemon);
  struct stat status {};
  if (!secret) {
    add(findings.mistakes, secret.error().text);
  } else if (root && ::stat(file.c_str(), &status) == 0 && !can_read(status, daemon)) {
    add(findings.mistakes, file + ": closed to user " + daemon.user +
                               "; chown root:" + daemon.group + " " + file + "; chmod 640 " + file);
  }
}

void check_listener(const config::Listener& listener, const Daemon& daemon, Findings& findings) {
  check_secret(listener.password_file, read_password, daemon, findings);
  const std::size_t before = findings.mistakes.size() + findings.notes.size();
  check_secret(listener.key_file, read_key, daemon, findings);
  if (listener.key_file.empty() || findings.mistakes.size() + findings.notes.size() > before)
    return;
  const auto tls = net::TlsContext::server(listener.certificate_file, listener.key_file);
  if (!tls) findings.mistakes.push_back(tls.error().text);
}

// What is wrong with a folder that is there; empty if nothing.
std::string fault_of(const struct stat& status, unsigned mode, const Daemon& daemon) {
  if (!S_ISDIR(status.st_mode)) return "not a directory";
  // A daemon that somebody starts without being root runs as himself.
  const bool mine = status.st_uid == ::geteuid() && status.st_uid != 0;
  const bool own = status.st_uid == daemon.uid || mine;
  if (!own) return "belongs to uid " + std::to_string(status.st_uid) + ", not to " + daemon.user;
  const unsigned is = status.st_mode & 07777;
  return is == mode ? "" : "has mode " + octal(is) + " instead of " + octal(mode);
}

// False when it is not there. `flags` as for fstatat(2).
bool check_folder(const std::string& path, int flags, unsigned mode, const Daemon& daemon,
                  Findings& findings) {
  struct stat status {};
  if (::fstatat(AT_FDCWD, path.c_str(), &status, flags) != 0) {
    if (errno != ENOENT) findings.mistakes.push_back(Error::from_errno("look at", path).text);
    return false;
  }
  if (const std::string fault = fault_of(status, mode, daemon); !fault.empty())
    findings.mistakes.push_back(path + ": " + fault + "; " + install_folder(path, mode, daemon));
  return true;
}

// Where the setting was changed since the daemon was started, it sees to the mode.
void check_drop_folder(const std::string& path, bool open, const Daemon& daemon,
                       Findings& findings) {
  const unsigned wanted = open ? queue::kDropFolderMode : queue::kPrivateFolderMode;
  const unsigned before = open ? queue::kPrivateFolderMode : queue::kDropFolderMode;
  struct stat status {};
  const bool changed = ::lstat(path.c_str(), &status) == 0 && (status.st_mode & 07777) == before;
  check_folder(path, AT_SYMLINK_NOFOLLOW, changed ? before : wanted, daemon, findings);
  if (changed)
    findings.notes.push_back(path + ": " +
                             (open ? "still closed; the drop directory opens"
                                   : "still open; the drop directory closes") +
                             " when mailchuted is started or reloaded");
}

// The daemon makes missing folders in the queue, but not the queue; that alone may be a link.
void check_queue(const std::string& directory, bool drop_open, const Daemon& daemon,
                 Findings& findings) {
  constexpr unsigned kQueueMode = 0755;
  if (!check_folder(directory, 0, kQueueMode, daemon, findings)) {
    findings.mistakes.push_back(directory + ": no queue; " +
                                install_folder(directory, kQueueMode, daemon));
    return;
  }
  for (const char* const name : {queue::kTmp, queue::kNew})
    check_drop_folder(directory + "/" + name, drop_open, daemon, findings);
  for (const char* const name :
       {queue::kCur, queue::kHeld, queue::kFailed, queue::kWork, queue::kInfo})
    check_folder(directory + "/" + name, AT_SYMLINK_NOFOLLOW, queue::kPrivateFolderMode, daemon,
                 findings);
}

// They may come later, as from a directory server.
void check_users(const Settings& settings, Findings& findings) {
  const auto check = [&](const char* setting, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (!sys::uid_of(name))
        findings.notes.push_back(settings.file + ": " + setting + ": this machine has no user " +
                                 escaped(name));
    }
  };
  check("administrators", settings.administrators);
  check("storms.limits", settings.storms.limits.names);
  check("storms.digests", settings.storms.digests.names);
}

void check_alarm(const Settings& settings, const Daemon& daemon, Findings& findings) {
  if (settings.alarm.command.empty()) return;
  const std::string fault =
      fault_of_program(settings.alarm.command.front(), daemon.user, daemon.uid, daemon.gid);
  if (!fault.empty()) findings.mistakes.push_back(settings.file + ": alarm.command: " + fault);
}

void examine_machine(const Settings& settings, Findings& findings) {
  auto daemon = configured_daemon(settings);
  if (!daemon && ::geteuid() == 0) {
    findings.mistakes.push_back(settings.file + ": this machine has no user " + settings.user +
                                " or no group " + settings.group +
                                "; useradd --system --user-group --home-dir /nonexistent --shell "
                                "/usr/sbin/nologin " +
                                settings.user);
    return;
  }
  if (!daemon) daemon = Daemon{settings.user, settings.group, ::geteuid(), ::getegid()};
  for (const config::SmartHost& host : settings.smart_hosts)
    check_secret(host.password_file, read_password, *daemon, findings);
  if (settings.listener) check_listener(*settings.listener, *daemon, findings);
  check_alarm(settings, *daemon, findings);
  check_users(settings, findings);
  check_queue(settings.queue_directory, settings.drop_directory_open, *daemon, findings);
}

}  // namespace

Findings examine(const std::string& file) {
  const config::Loaded loaded = config::load(file);
  Findings findings{loaded.mistakes, {}, {}};
  if (!loaded.readable) return findings;
  check_configuration_file(file, findings);
  examine_machine(loaded.settings, findings);
  for (std::string& complaint : config::read_routing(loaded.settings).router.complaints())
    findings.notes.push_back(std::move(complaint));
  for (const config::SmartHost& host : loaded.settings.smart_hosts) {
    const std::string advice = config::sender_advice(loaded.settings, host);
    if (!advice.empty() && loaded.mistakes.empty()) add(findings.notes, file + ": " + advice);
    const std::string name = host.name == host.host ? "" : host.name + ", ";
    findings.summary +=
        (findings.summary.empty() ? "mail goes to " : "; to ") + name + config::describe(host);
  }
  if (!loaded.settings.routes.empty())
    findings.summary += "; mailchute explain ADDRESS says by which of them";
  return findings;
}

int check(const std::string& file) {
  const Findings findings = examine(file);
  for (const auto* const lines : {&findings.mistakes, &findings.notes})
    for (const std::string& line : *lines) std::fprintf(stderr, "%s\n", line.c_str());
  if (!findings.mistakes.empty()) return EX_CONFIG;
  std::printf("%s: ok: %s\n", file.c_str(), findings.summary.c_str());
  return EX_OK;
}

}  // namespace mailchute
