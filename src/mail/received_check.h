// SPDX-License-Identifier: GPL-3.0-or-later
// A submitter writes his own Received field, and may lie about his uid. The daemon knows who owns
// the file, and says so when it sends.
#pragma once

#include "mail/header.h"
#include "mail/received.h"

namespace mailchute::mail {

// False when the header starts with a Received field by the front end that names truth.uid;
// otherwise it does so now.
bool correct_received(Header& header, const Trace& truth);

}  // namespace mailchute::mail
