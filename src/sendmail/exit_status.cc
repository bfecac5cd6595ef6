// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/exit_status.h"

#include <sysexits.h>

namespace mailchute::sendmail {

int exit_status(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::usage: return EX_USAGE;
    case Error::Kind::data: return EX_DATAERR;
    case Error::Kind::unavailable: return EX_UNAVAILABLE;
    case Error::Kind::system: return EX_OSERR;
    case Error::Kind::create: return EX_CANTCREAT;
    case Error::Kind::io: return EX_IOERR;
    case Error::Kind::temporary:
    case Error::Kind::full: return EX_TEMPFAIL;
    case Error::Kind::protocol: return EX_TEMPFAIL;  // the daemon's, as during an upgrade
    case Error::Kind::rejected: return EX_UNAVAILABLE;
    case Error::Kind::permission: return EX_NOPERM;
    case Error::Kind::config: return EX_CONFIG;
  }
  return EX_SOFTWARE;
}

}  // namespace mailchute::sendmail
