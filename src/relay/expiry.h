// SPDX-License-Identifier: GPL-3.0-or-later
// A message that is too old fails with a reason of our own (RFC 3463, 3.5: delivery time expired),
// which says what came of its last attempt. It is what the log, mailq and the queue show; a
// notification has the last words on their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "queue/retry_info.h"

namespace mailchute::relay {

// Whether a message of this age has had its chance, when the smart host has just answered. A
// machine that was off for a week tries again first, and time without answers is nobody's lifetime.
bool expired(Milliseconds age, Seconds lifetime, unsigned answered);

// One transaction of an attempt, which may take several (portion.h).
struct Part {
  bool later = false;     // it is not the first
  bool more = false;      // nor the last
  bool answered = false;  // something was said about the message
};
// Counts it. True: those it was for and who still wait have had their chance. Those who go by
// another route have theirs from then on.
bool attempted(queue::RetryInfo& info, const Part& part, Milliseconds age, Seconds lifetime);

std::string expired_reply(Seconds lifetime, std::string_view last);

// The last reply or error out of such a reason; nothing where it is another: a smart host's replies
// begin with a digit.
std::optional<std::string_view> last_before_expiry(std::string_view reply);

}  // namespace mailchute::relay
