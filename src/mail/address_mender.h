// SPDX-License-Identifier: GPL-3.0-or-later
// A field that holds addresses (RFC 5322, 3.4) in US-ASCII: see field_mender.h. Every address, name
// and comment that has no other octets stays as it is.
#pragma once

#include <optional>
#include <string_view>

#include "mail/field_mender.h"

namespace mailchute::mail {

// Nothing where the field cannot be taken apart.
std::optional<MendedField> mended_addresses(std::string_view raw, const FieldTarget& target);

}  // namespace mailchute::mail
