// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute queue import`: what `queue export` wrote, or a message with the envelope that is
// given, is submitted to the daemon, whose checks are those of every submission.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mailchute {

struct ImportOptions {
  std::vector<std::string> files;     // "-": standard input
  std::optional<std::string> sender;  // with recipients: for messages that are no entries
  std::vector<std::string> recipients;
  bool json = false;
};

int import_messages(const std::string& config_file, const ImportOptions& options);

}  // namespace mailchute
