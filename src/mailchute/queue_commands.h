// SPDX-License-Identifier: GPL-3.0-or-later
// The command line of `mailchute queue ...`.
#pragma once

#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace mailchute {

// Adds the commands. What they are told lives here, until the command line has been read.
class QueueCommands {
 public:
  QueueCommands(CLI::App& app, const std::string& config_file, int& status);
  ~QueueCommands();

 private:
  struct Options;
  std::unique_ptr<Options> options_;
};

}  // namespace mailchute
