// SPDX-License-Identifier: GPL-3.0-or-later
// What a person would read in an unstructured field such as Subject (RFC 2047): encoded words in
// UTF-8, US-ASCII and ISO 8859-1 become characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailchute::mail {

// As UTF-8, which may hold any character, line ends too. Nothing where a charset is unknown or the
// octets are not what they claim to be: better no text than a wrong one.
std::optional<std::string> decode_unstructured(std::string_view text);

}  // namespace mailchute::mail
