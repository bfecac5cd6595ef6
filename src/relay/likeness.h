// SPDX-License-Identifier: GPL-3.0-or-later
// What makes messages alike, as far as a digest of them loses nothing: the submitter, the
// reverse-path, the recipients and the subject are the same.
#pragma once

#include <optional>
#include <string>

#include "queue/entry.h"

namespace mailchute::relay {

// 32 hex digits. Nothing for what never goes into a digest: what somebody got already, what was
// held to be an address and is none, what wants a notification of success or has an id for that,
// what cannot be attached as it is, and mail to many recipients. An error: it could not be read.
Result<std::optional<std::string>> likeness(const queue::Entry& entry, bool ignore_digits);

}  // namespace mailchute::relay
