// SPDX-License-Identifier: GPL-3.0-or-later
// Takes one message from a descriptor into the queue. When it returns an id, the message is
// durable; after an error nothing is queued. Uses the same memory for a message of any size: the
// header is held, the body is not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "config/settings.h"
#include "mail/submission.h"
#include "sendmail/options.h"

namespace mailchute::sendmail {

struct Submitted {
  std::string id;
  mail::Envelope envelope;
  std::vector<mail::BadAddress> bad;  // of whom no notification will tell
};

Result<Submitted> submit(const Options& options, const config::Settings& settings, int input,
                         std::uint32_t uid, Time now);

}  // namespace mailchute::sendmail
