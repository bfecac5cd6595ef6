// SPDX-License-Identifier: GPL-3.0-or-later
// `mailchute explain`: what becomes of mail to an address (config/explain.h).
#pragma once

#include <string>
#include <vector>

namespace mailchute {

struct ExplainOptions {
  std::vector<std::string> addresses;
  std::string from;  // empty: whoever runs it
  bool json = false;
};

// Exit status 67 (EX_NOUSER) where one of them gets nothing, 65 (EX_DATAERR) where one can be no
// address.
int explain_addresses(const std::string& config_file, const ExplainOptions& options);

}  // namespace mailchute
