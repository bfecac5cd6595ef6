// SPDX-License-Identifier: GPL-3.0-or-later
// mailq and -q: what the daemon says of the queue, and what it is asked to do.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "config/settings.h"
#include "queue/listing.h"
#include "sendmail/options.h"

namespace mailchute::sendmail {

// What mailq prints. Where no daemon runs the queue itself is read, by those who may.
Result<std::string> mail_queue(const config::Settings& settings, Time now, int utc_offset);

// Asks the daemon to try at once what matches all filters; the answer's text.
Result<std::string> retry(const config::Settings& settings,
                          const std::vector<QueueFilter>& filters);

bool matches(const queue::Listed& entry, const QueueFilter& filter);

}  // namespace mailchute::sendmail
