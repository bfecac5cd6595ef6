// SPDX-License-Identifier: GPL-3.0-or-later
// One of the two tables that say what the kind of an error means: here, the exit status
// (sysexits.h) that callers of sendmail act on. 75 only where trying again can help.
#pragma once

#include "base/error.h"

namespace mailchute::sendmail {

int exit_status(Error::Kind kind);

}  // namespace mailchute::sendmail
