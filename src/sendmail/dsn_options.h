// SPDX-License-Identifier: GPL-3.0-or-later
// Values of the options -B, -N, -R and -V: what RFC 6152 and RFC 3461 call BODY, NOTIFY, RET and
// ENVID. Nothing for a value that means nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/envelope.h"

namespace mailchute::sendmail {

std::optional<mail::BodyType> parse_body_type(std::string_view text);

// "never", or some of success,failure,delay.
std::optional<mail::Notify> parse_notify(std::string_view text);

std::optional<mail::Return> parse_return(std::string_view text);

// As mail::is_envelope_id() wants it; what is no xtext yet is encoded.
std::optional<std::string> parse_envelope_id(std::string_view text);

}  // namespace mailchute::sendmail
