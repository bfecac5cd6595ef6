// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace mailchute::mail {

// "<20261122205751.UNIQUE@host>" (RFC 5322, 3.6.4). `unique` is made of letters and digits; a host
// name that is no dot-atom is mended.
std::string make_message_id(Time time, std::string_view unique, std::string_view hostname);

// `hostname` as a domain that header fields can carry: other octets become "-", nothing at all
// becomes "localhost".
std::string safe_domain(std::string_view hostname);

}  // namespace mailchute::mail
