// SPDX-License-Identifier: GPL-3.0-or-later
// A message made acceptable for the server that is to get it now, by what that one offers; another
// one may get it in another form. Mail that needs nothing is only asked whether it does.
//
//   domains in other letters          A-labels, wherever the rest of the address is US-ASCII
//   local-parts in other letters      SMTPUTF8 (RFC 6531); without it a recipient fails with 5.6.7,
//                                     and a message with such a reverse-path is held
//   the rest of the header            US-ASCII (mail/field_mender.h)
//   the body                          mail/mime_plan.h; octets above 127 in what is signed or
//                                     encrypted: 8BITMIME, or all recipients fail with 5.6.3
#pragma once

#include "base/error.h"
#include "relay/outgoing.h"
#include "smtp/extensions.h"

namespace mailchute::relay {

// Capabilities that the message is to do without (Outgoing::without) are as if not offered. Reads
// the message where it needs a look. An error of kind temporary: that was not possible.
Result<Outgoing> fitted(Outgoing message, const smtp::Extensions& offered);

}  // namespace mailchute::relay
