// SPDX-License-Identifier: GPL-3.0-or-later
// Parameters of an envelope in SMTP's own words (RFC 3461, RFC 6152, RFC 3030); empty where nothing
// was said.
#pragma once

#include <string>
#include <vector>

#include "mail/envelope.h"

namespace mailchute {

std::vector<std::string> notify_words(const mail::Notify& notify);
std::string body_word(mail::BodyType body);
std::string return_word(mail::Return ret);

}  // namespace mailchute
