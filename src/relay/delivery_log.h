// SPDX-License-Identifier: GPL-3.0-or-later
// The log lines that say what became of a message: one for each recipient.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "relay/outgoing.h"
#include "relay/verdict.h"

namespace mailchute::relay {

// The connection that a message went over.
struct Via {
  std::string relay;  // "host[127.0.0.1:587]"
  std::string tls;    // "TLSv1.3"; empty: none
  std::string host;   // its name alone
  bool dsn = false;   // the server tells the sender what he wants to hear (RFC 3461)
};

// Where the judgement is `held`, all recipients are, and those that are no addresses wait with
// them; not for one that is `untouched`.
void log_judgement(Log& log, const Outgoing& message, const Judgement& judgement, const Via& via,
                   Time now);

}  // namespace mailchute::relay
