// SPDX-License-Identifier: GPL-3.0-or-later
// The part of a notification that programs read (RFC 3464, 2): fields in groups between blank
// lines, US-ASCII throughout.
#pragma once

#include <string>

#include "mail/dsn.h"
#include "mail/status_code.h"

namespace mailchute::mail {

// The body of the message/delivery-status part, ends with LF.
std::string format_delivery_status(const DsnReport& report);

// The recipient's own code if it is one, else the reply's, else X.0.0; its class is changed where
// it does not fit the action (RFC 3464, 2.3.4). Expired is 5.4.7 only where the last reply has no
// code: RFC 3463, 3.5, prefers the code of the actual problem, which stays transient.
StatusCode dsn_status_code(const DsnRecipient& recipient);

// Whether `reply` is a server's ("550 ..."), not a local error.
bool is_smtp_reply(std::string_view reply);

// RFC 3464's word for it.
std::string_view name_of(DsnAction action);

}  // namespace mailchute::mail
