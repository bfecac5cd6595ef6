// SPDX-License-Identifier: GPL-3.0-or-later
// sendmail -bs: an SMTP server on two descriptors, be they pipes, a terminal or a socket that inetd
// or systemd hands over. Joins the session (smtp/server_session.h) and the ways into the queue: 250
// is said to a message when it is durable, and of one that does not come to its end nothing stays.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "base/error.h"
#include "config/settings.h"
#include "sendmail/options.h"
#include "sendmail/report.h"

namespace mailchute::sendmail {

struct SmtpStreams {
  int input;
  int output;
  Milliseconds patience =
      std::chrono::minutes(5);  // with one who says or reads nothing (RFC 5321, 4.5.3.2.7)
};

// Until QUIT or the end of the input. What was wrong with a message is told to the client and to
// `report`; an error here is about the session: kind io for input that ended in the middle of a
// message, or for a stream that failed.
Result<> serve_smtp(const SmtpStreams& streams, const Options& options,
                    const config::Settings& settings, std::uint32_t uid, Report& report);

}  // namespace mailchute::sendmail
