// SPDX-License-Identifier: GPL-3.0-or-later
// Parameters of an envelope in SMTP's own words (RFC 3461, RFC 6152, RFC 3030); empty where nothing
// was said.
#pragma once

#include <string>
#include <string_view>

#include "mail/envelope.h"

namespace mailchute::mail {

std::string notify_words(const Notify& notify);  // "SUCCESS,DELAY"
std::string_view body_word(BodyType body);
std::string_view return_word(Return ret);

}  // namespace mailchute::mail
