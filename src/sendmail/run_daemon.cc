// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/run_daemon.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <vector>

namespace mailchute::sendmail {

Error run_daemon(const std::string& program, bool background,
                 const std::optional<std::string>& configuration) {
  std::vector<std::string> words = {program};
  if (background) words.push_back("-b");
  if (configuration) words.insert(words.end(), {"-C", *configuration});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  for (const int ignored : {SIGPIPE, SIGXFSZ}) std::signal(ignored, SIG_DFL);  // or it stays so
  ::execv(program.c_str(), arguments.data());
  Error error = Error::from_errno("run", program);
  if (error.kind == Error::Kind::create) error.kind = Error::Kind::unavailable;
  return error;
}

}  // namespace mailchute::sendmail
