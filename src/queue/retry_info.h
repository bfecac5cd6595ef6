// SPDX-License-Identifier: GPL-3.0-or-later
// What is only worth knowing of an entry: one line in info/ID, which may be lost without harm.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace mailchute::queue {

struct RetryInfo {
  unsigned attempts = 0;
  Time last_attempt{};
  Time next_try{};
  std::string reason{};    // last reply or error, one line
  unsigned answered = 0;   // attempts in which the smart host said anything about the message
  std::string likeness{};  // what it waits for others of, for a digest: hex digits, or none
  bool by_hand = false;    // where it is held: an administrator wanted that
  bool operator==(const RetryInfo&) const = default;
};

// Cuts a reason that is longer than 1000 octets.
std::string format_retry_info(const RetryInfo& info);

// Nothing known where there is no such file, or no such line in it.
RetryInfo read_retry_info(int folder, const std::string& id);

}  // namespace mailchute::queue
