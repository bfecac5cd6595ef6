// SPDX-License-Identifier: GPL-3.0-or-later
// Text beyond US-ASCII in header fields (RFC 2047). Read is what is in UTF-8, US-ASCII and ISO
// 8859-1, written UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailchute::mail {

// What a person would read in an unstructured field such as Subject.
// As UTF-8, which may hold any character, line ends too. Nothing where a charset is unknown or the
// octets are not what they claim to be: better no text than a wrong one.
std::optional<std::string> decode_unstructured(std::string_view text);

// As encoded words of at most 75 characters, a line each, with whole characters only; fit for any
// place where they are allowed. What is not UTF-8 is called UNKNOWN-8BIT.
std::string encoded_words(std::string_view text);

// The same in a field that is being written, on a new line where the present one has no room.
// Encoded words that are among the text already are taken in; line ends are no part of it.
void append_encoded(std::string& field, std::string_view text);

}  // namespace mailchute::mail
