// SPDX-License-Identifier: GPL-3.0-or-later
// What a recipient fails with whom an administrator gives up. It is what the log, mailq and the
// queue show; a notification has the words on their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailchute::relay {

// `words` are the administrator's, or empty.
std::string reply_by_hand(std::string_view words);

// The words out of such a reply; nothing where it is another: a smart host's begin with a digit.
std::optional<std::string_view> words_by_hand(std::string_view reply);

}  // namespace mailchute::relay
