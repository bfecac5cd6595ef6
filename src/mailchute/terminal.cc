// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/terminal.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <utility>

#include "base/text.h"

namespace mailchute {
namespace {

constexpr std::uint64_t kMoment = 100;  // messages
constexpr std::size_t kCells = 30;

volatile std::sig_atomic_t interrupted = 0;

void note(int) { interrupted = 1; }

void on_interruption(void (*then)(int)) {
  struct sigaction action {};
  action.sa_handler = then;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

bool somebody_to_ask() { return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0; }

bool confirmed(const std::string& question) {
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n' && answer.size() < 16; c = std::getchar()) answer += static_cast<char>(c);
  const std::string word = to_lower(trim(answer));
  return word == "y" || word == "yes";
}

std::string bar(std::string_view what, std::uint64_t done, std::uint64_t total) {
  const std::size_t full = total == 0 ? kCells : static_cast<std::size_t>(done * kCells / total);
  return std::string(what) + " [" + std::string(full, '#') + std::string(kCells - full, ' ') + "] " + std::to_string(done) +
         " of " + std::to_string(total);
}

ProgressBar::ProgressBar(std::string what, std::uint64_t total)
    : what_(std::move(what)), total_(total), worth_it_(total > kMoment && ::isatty(STDERR_FILENO) != 0) {}

void ProgressBar::show(std::uint64_t done) {
  if (!worth_it_ || done % kMoment != 0) return;
  const std::string line = bar(what_, done, total_);
  std::fprintf(stderr, "\r%s", line.c_str());
  std::fflush(stderr);
  width_ = line.size();
}

ProgressBar::~ProgressBar() {
  if (width_ > 0) std::fprintf(stderr, "\r%s\r", std::string(width_, ' ').c_str());
}

Interruption::Interruption() { on_interruption(note); }
Interruption::~Interruption() { on_interruption(SIG_DFL); }
bool Interruption::noted() { return interrupted != 0; }

}  // namespace mailchute
