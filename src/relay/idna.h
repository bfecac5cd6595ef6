// SPDX-License-Identifier: GPL-3.0-or-later
// Domain names in other letters, as DNS and every mail server know them (RFC 5890).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailchute::relay {

// In A-labels: "xn--mnchen-3ya.example". Nothing where it is no domain name.
std::optional<std::string> to_a_labels(std::string_view domain);

}  // namespace mailchute::relay
