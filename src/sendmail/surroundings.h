// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "config/settings.h"
#include "mail/submission.h"

namespace mailchute::sendmail {

// Of a message that `uid` submits now. The login takes the user database, so it is looked up only
// if wanted (mail::needs_login()).
mail::Surroundings surroundings(const config::Settings& settings, std::uint32_t uid, Time now,
                                std::string id, bool with_login);

}  // namespace mailchute::sendmail
