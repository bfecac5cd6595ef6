// SPDX-License-Identifier: GPL-3.0-or-later
// What a reply other than 2yz is about. The reply code says how final it is; what it is about is
// said by the enhanced status code (RFC 3463), whatever its class and also in the place where qmail
// has it; and where servers leave that vague, by words that never change in them.
#pragma once

#include <optional>
#include <string>

#include "mail/status_code.h"
#include "smtp/extensions.h"
#include "smtp/reply.h"
#include "smtp/stage.h"

namespace mailchute::relay {

enum class About {
  login,       // who we are: the smart host wants authentication, or another one
  smart_host,  // itself: full, throttled, over a quota, or lost in the conversation
  access,      // policy: about this machine or account, or about the recipient; it does not tell
  sender,      // the reverse-path or From
  size,
  message,  // anything else: the recipient at RCPT, the message after it
};
About about(smtp::Stage stage, const smtp::Reply& reply);

// Which of the capabilities that a command made use of may be the reason why it was refused: those
// that the reply names, or all; but SMTPUTF8, without which a message that needs it cannot be sent,
// only where it is named or alone.
smtp::Capabilities suspects(const smtp::Reply& reply, const smtp::Capabilities& used,
                            bool pipelined);

// Slower, please.
bool asks_to_slow_down(const smtp::Reply& reply);

// Two refusals with the same name are the same trouble: "X.7.1", or "502" where there is no status.
std::string refusal_name(const smtp::Reply& reply);

}  // namespace mailchute::relay
