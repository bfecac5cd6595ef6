// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute check`: everything that keeps the daemon from doing its work and can be seen without
// the network: the configuration, the password file, the queue's folders; and the aliases.
#pragma once

#include <string>
#include <vector>

namespace mailchute {

struct Findings {
  std::vector<std::string> mistakes;  // one line each: what, and how to mend it
  std::vector<std::string> notes;  // what keeps nobody from working, or this user could not look at
  std::string summary;             // where mail goes
};

Findings examine(const std::string& file);

// Prints the findings: mistakes and notes on standard error, or the one line that all is well on
// standard output. Returns the exit status: 0, or 78 (EX_CONFIG) when there are mistakes.
int check(const std::string& file);

}  // namespace mailchute
