// SPDX-License-Identifier: GPL-3.0-or-later
// How long the smart host may take (RFC 5321, 4.5.3.2): for each reply and each piece of a message,
// and for each part of the conversation as a whole, so that one that says a word now and then does
// not keep a message for ever.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "config/settings.h"
#include "smtp/stage.h"
#include "smtp/transaction.h"

namespace mailchute::relay {

// A part of the conversation that has a limit as a whole.
struct Phase {
  smtp::Stage stage;  // rset stands for all until DATA; see phase_of()
  std::optional<smtp::TransactionId> transaction;
  bool sending = false;  // a message that is larger than memory should hold is under way
  bool operator==(const Phase&) const = default;
};
Phase phase_of(smtp::Stage stage, std::optional<smtp::TransactionId> transaction, bool sending);

// For the next reply or, while sending, the next piece.
Milliseconds step_limit(const config::SmartHost& host, const Phase& phase);

// For all of the phase; the message has so many octets on the wire and so many recipients.
Milliseconds phase_limit(const config::SmartHost& host, const Phase& phase, std::uint64_t octets,
                         std::size_t recipients);

}  // namespace mailchute::relay
