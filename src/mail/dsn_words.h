// SPDX-License-Identifier: GPL-3.0-or-later
// What a status code means (RFC 3463 and its registry), in words for somebody who has never heard
// of SMTP: why, and what to do about it.
#pragma once

#include <string>
#include <string_view>

#include "mail/status_code.h"

namespace mailchute::mail {

struct PlainWords {
  std::string why;     // a sentence
  std::string advice;  // one or two
};

// `server`: the smart host, as it begins a sentence ("The mail server mail.example.org").
PlainWords plain_words(const StatusCode& code, std::string_view server);

}  // namespace mailchute::mail
