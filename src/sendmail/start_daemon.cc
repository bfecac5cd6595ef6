// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/start_daemon.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "sys/unique_fd.h"

namespace mailchute::sendmail {
namespace {

Error cannot_run(const std::string& program, int error) {
  Error trouble = Error::from_errno("run", program, error);
  if (error == ENOENT) trouble.kind = Error::Kind::unavailable;
  return trouble;
}

void exec(const std::string& program, const std::optional<std::string>& configuration) {
  if (configuration) {
    ::execl(program.c_str(), program.c_str(), "-C", configuration->c_str(), nullptr);
  } else {
    ::execl(program.c_str(), program.c_str(), nullptr);
  }
}

}  // namespace

Error become_daemon(const std::string& program, const std::optional<std::string>& configuration) {
  exec(program, configuration);
  return cannot_run(program, errno);
}

// A pipe that closes on exec tells success from failure.
Result<> start_daemon(const std::string& program, const std::optional<std::string>& configuration) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return failure(Error::from_errno("create", "a pipe"));
  sys::UniqueFd reading(ends[0]);
  sys::UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return failure(Error::from_errno("fork for", program));
  if (child == 0) {
    ::setsid();
    exec(program, configuration);
    const int error = errno;
    const bool told = ::write(writing.get(), &error, sizeof error) == sizeof error;
    ::_exit(told ? 1 : 2);
  }
  writing.reset();
  int error = 0;
  const ssize_t got = ::read(reading.get(), &error, sizeof error);
  if (got == sizeof error) return failure(cannot_run(program, error));
  return {};
}

}  // namespace mailchute::sendmail
