// SPDX-License-Identifier: GPL-3.0-or-later
// The part of a notification that people read: what happened, to which address, why (in the smart
// host's own words), what to do; a short paragraph each, the most important first.
#pragma once

#include <string>

#include "mail/dsn.h"

namespace mailchute::mail {

// UTF-8 with LF line ends. Recipients with the same fate are told of together; beyond some hundreds
// the other part has the rest.
std::string format_dsn_text(const DsnReport& report);

// What is said of all recipients in one word: the worst of their actions.
DsnAction overall_action(const DsnReport& report);

// The original's subject: decoded, one line, shortened; empty when there is none that can be read.
std::string readable_subject(std::string_view header);

}  // namespace mailchute::mail
