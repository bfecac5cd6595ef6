// SPDX-License-Identifier: GPL-3.0-or-later
// Where it is known before anything is sent that the smart host cannot take a message for somebody,
// it fails with a reason of our own. It is what the log, mailq and the queue show; a notification
// has the words on their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailchute::relay {

struct Unsendable {
  std::string status;  // enhanced status code
  std::string reason;
};

std::string unsendable_reply(const Unsendable& why);

// Out of such a reply; nothing where it is another: a smart host's begin with a digit.
std::optional<Unsendable> parse_unsendable(std::string_view reply);

}  // namespace mailchute::relay
