// SPDX-License-Identifier: GPL-3.0-or-later
// A submitter writes his own Received field, and may lie about his uid. The daemon knows who owns
// the file, and says so when it sends.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mail/received.h"

namespace mailchute::mail {

struct Correction {
  std::size_t replaces;  // octets from the start of the message
  std::string text;      // to be sent in their place
};

// Nothing when the message starts with a Received field by the front end that names truth.uid;
// otherwise what makes it true. `start` is the message, or the first kilobyte of it.
std::optional<Correction> correct_received(std::string_view start, const Trace& truth);

}  // namespace mailchute::mail
