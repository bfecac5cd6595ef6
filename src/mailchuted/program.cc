// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/program.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace mailchute::mailchuted {
namespace {

constexpr Seconds kGrace{5};  // between SIGTERM and SIGKILL

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

// As a program expects them that nobody has prepared: the keeper blocks and ignores some, and who
// started it may have, too.
void usual_signals() {
  for (int signal = 1; signal < SIGRTMIN - 2; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the child, which has nothing else of the keeper's.
[[noreturn]] void become(char* const* command, char* const* environment, int input, int output) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  usual_signals();
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  ::execve(command[0], command, environment);
  const char* const reason = std::strerror(errno);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, reason, std::strlen(reason));
  ::_exit(Program::kCannotRun);
}

}  // namespace

Result<Program> Program::start(const std::vector<std::string>& command,
                               const std::vector<std::string>& environment, Seconds timeout,
                               Steady::time_point now) {
  int ends[2];
  const sys::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null || ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return failure(Error::from_errno("run", command.front()));
  sys::UniqueFd output(ends[0]);
  const sys::UniqueFd input(ends[1]);
  ::fcntl(input.get(), F_SETFL, 0);  // the program is not to be surprised
  const auto arguments = pointers(command), variables = pointers(environment);
  const pid_t pid = ::fork();
  if (pid == 0) become(arguments.data(), variables.data(), null.get(), input.get());
  if (pid < 0) return failure(Error::from_errno("run", command.front()));
  ::setpgid(pid, pid);  // whoever of the two is first
  return Program(pid, std::move(output), now + timeout);
}

Program::Program(Program&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      output_(std::move(other.output_)),
      deadline_(other.deadline_),
      timed_out_(other.timed_out_),
      room_(other.room_) {}

Program::~Program() {
  if (pid_ == 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Program::read() {
  std::string text;
  std::array<char, 4096> piece;
  ssize_t n = 0;
  while (output_ && (n = ::read(output(), piece.data(), piece.size())) > 0) {
    const auto kept = std::min(room_, static_cast<std::size_t>(n));
    text.append(piece.data(), kept);
    room_ -= kept;
  }
  const bool more = n < 0 && (errno == EAGAIN || errno == EINTR);
  if (!more) output_.reset();
  return text;
}

void Program::keep_time(Steady::time_point now) {
  if (pid_ == 0 || now < deadline_) return;
  ::kill(-pid_, std::exchange(timed_out_, true) ? SIGKILL : SIGTERM);
  deadline_ = now + kGrace;
}

// The group goes first: as long as the program is not waited for, nobody else can have its number.
std::optional<int> Program::ended() {
  siginfo_t info{};
  if (pid_ == 0 ||
      ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid == 0)
    return std::nullopt;
  ::kill(-pid_, SIGKILL);
  int status = 0;
  ::waitpid(std::exchange(pid_, 0), &status, 0);
  return status;
}

}  // namespace mailchute::mailchuted
