// SPDX-License-Identifier: GPL-3.0-or-later
// One request to the daemon over its control socket, one answer: lines that begin with a blank, then
// "OK ..." or "ERROR ...". An answer without that last line is none.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "sys/unix_client.h"

namespace mailchute::sendmail {

struct Answer {
  std::vector<std::string> lines;  // without the blank
  std::string text;                // after "OK "
};

// An error of kind temporary when the daemon is not there.
Result<sys::UnixClient> connect_to_daemon(const std::string& socket);

// `request` without its line end. Errors are of kind temporary.
Result<Answer> ask(sys::UnixClient& daemon, const std::string& request);

}  // namespace mailchute::sendmail
