// SPDX-License-Identifier: GPL-3.0-or-later
// How mail is, as a worker sees it and tells its keeper; and what is wrong with it, as the keeper tells
// its worker. A line each, so that it crosses the leash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "relay/delivery.h"

namespace mailchute::mailchuted {

// Something that is wrong with mail.
struct Trouble {
  std::string smart_host;  // which takes no mail; empty: messages that only a person can help
  Time since;
  std::string reason;
  bool operator==(const Trouble&) const = default;
};

// One thing that mail depends on. A worker that has yet to try does not know.
struct Sign {
  enum class State { unknown, well, trouble };
  State state;
  Trouble trouble;  // well, unknown: only its smart_host counts
  bool operator==(const Sign&) const = default;
};

struct Condition {
  std::vector<Sign> signs;
  std::uint64_t waiting = 0, held = 0, failed = 0;  // messages
  bool operator==(const Condition&) const = default;
};

// Held messages and dead letters are counted up to a thousand.
Condition condition_of(const relay::DeliveryStatus& status, const std::string& queue_directory);

// Nothing for what format_condition() does not make: a worker may be in an attacker's hands.
std::string format_condition(const Condition& condition);
std::optional<Condition> parse_condition(std::string_view text);

std::string format_troubles(const std::vector<Trouble>& troubles);
std::vector<Trouble> parse_troubles(std::string_view text);

// Texts are without control characters, and cut where they are longer than anybody reads.
std::string cleaned(std::string_view text);

// "smart host mail.example.org:587 takes no mail: ..."
std::string describe(const Trouble& trouble);
// The same for all, in one line, and what to do.
std::string headline(const std::vector<Trouble>& troubles);

}  // namespace mailchute::mailchuted
