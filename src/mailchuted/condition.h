// SPDX-License-Identifier: GPL-3.0-or-later
// How mail is, as a worker sees it and tells its keeper; and what is wrong with it, as the keeper
// tells its worker. A line each, so that it crosses the leash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mailchuted/stranded.h"
#include "relay/delivery.h"

namespace mailchute::mailchuted {

// Something that is wrong with mail.
struct Trouble {
  enum class Kind {
    smart_host,  // which takes no mail, and no other does in its place
    spare,       // one that takes no mail, while another one takes what would be for it
    messages,    // that only a person can help
    worker,      // that does not start, or dies again and again
    relapses,    // of one that works in between
  };
  std::string smart_host;  // or all those of a route; empty where it is about something else
  Time since;
  std::string reason;
  Kind kind = Kind::smart_host;
  bool operator==(const Trouble&) const = default;
};

// One thing that mail depends on. A worker that has yet to try does not know.
struct Sign {
  enum class State { unknown, well, trouble };
  State state;
  Trouble trouble;  // well, unknown: only its kind and smart_host count
  bool operator==(const Sign&) const = default;
};

struct Condition {
  std::vector<Sign> signs;
  std::uint64_t waiting = 0, held = 0, failed = 0;  // messages
  bool operator==(const Condition&) const = default;
};

// The routes that messages can take, as indices of the smart hosts.
using Routes = std::vector<std::vector<std::size_t>>;

Condition condition_of(const relay::DeliveryStatus& status, const Routes& routes,
                       const Stranded::Count& stranded);

// Nothing for what format_condition() does not make: a worker may be in an attacker's hands.
std::string format_condition(const Condition& condition);
std::optional<Condition> parse_condition(std::string_view text);

std::string format_troubles(const std::vector<Trouble>& troubles);
std::vector<Trouble> parse_troubles(std::string_view text);

// Texts are without control characters, and cut where they are longer than anybody reads.
std::string cleaned(std::string_view text);

// Without those that keep no mail from its way.
std::vector<Trouble> serious(std::vector<Trouble> troubles);

// "smart host mail.example.org:587 takes no mail: ..."
std::string describe(const Trouble& trouble);
// The same for all, in one line, and what to do.
std::string headline(const std::vector<Trouble>& troubles);

}  // namespace mailchute::mailchuted
