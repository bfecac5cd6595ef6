// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/terminal.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "mailchute/words.h"

namespace mailchute {
namespace {

constexpr std::uint64_t kMoment = 100;  // messages
constexpr std::size_t kMostCells = 30, kFewestCells = 5;

volatile std::sig_atomic_t interrupted = 0;

void note(int) { interrupted = 1; }

void on_interruption(void (*then)(int)) {
  struct sigaction action {};
  action.sa_handler = then;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

// A terminal without a word for what it is, or called dumb, shows each line that is written over.
std::size_t width_for_bars() {
  const char* const kind = std::getenv("TERM");
  return kind == nullptr || std::string_view(kind) == "dumb"
             ? 0
             : terminal_width(STDERR_FILENO).value_or(0);
}

}  // namespace

bool somebody_to_ask() { return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0; }

bool confirmed(const std::string& question) {
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n' && answer.size() < 16; c = std::getchar())
    answer += static_cast<char>(c);
  if (std::feof(stdin) != 0) std::fputc('\n', stderr);
  const std::string word = to_lower(trim(answer));
  return word == "y" || word == "yes";
}

std::string bar(std::string_view what, std::uint64_t done, std::uint64_t total, std::size_t width) {
  const std::string of = std::to_string(total), count = " " + std::to_string(done) + " of " + of;
  const std::size_t taken = what.size() + 2 * of.size() + 9;  // all but the cells, and one to spare
  const std::size_t cells = std::min(kMostCells, width - std::min(width, taken));
  if (cells < kFewestCells) return (std::string(what) + count).substr(0, width - 1);
  const std::size_t full = total == 0 ? cells : static_cast<std::size_t>(done * cells / total);
  return std::string(what) + " [" + std::string(full, '#') + std::string(cells - full, ' ') + "]" +
         count;
}

ProgressBar::ProgressBar(std::string what, std::uint64_t total)
    : what_(std::move(what)), total_(total), width_(total > kMoment ? width_for_bars() : 0) {}

void ProgressBar::show(std::uint64_t done) {
  if (width_ == 0 || done % kMoment != 0) return;
  const std::string line = bar(what_, done, total_, width_);
  std::fprintf(stderr, "\r%s", line.c_str());
  std::fflush(stderr);
  shown_ = line.size();
}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::clear() {
  if (shown_ > 0)
    std::fprintf(stderr, "\r%s\r", std::string(std::exchange(shown_, 0), ' ').c_str());
}

Interruption::Interruption() { on_interruption(note); }
Interruption::~Interruption() { on_interruption(SIG_DFL); }
bool Interruption::noted() { return interrupted != 0; }

// A signal comes while it waits, or before.
bool Interruption::wait_to_read(int fd) {
  sigset_t ours, before;
  ::sigemptyset(&ours);
  ::sigaddset(&ours, SIGINT);
  ::sigaddset(&ours, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &ours, &before);
  pollfd input{fd, POLLIN, 0};
  while (!noted() && ::ppoll(&input, 1, nullptr, &before) < 0 && errno == EINTR) {
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return !noted();
}

}  // namespace mailchute
