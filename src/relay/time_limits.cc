// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/time_limits.h"

#include <algorithm>

namespace mailchute::relay {
namespace {

using smtp::Stage;

// Octets a second, below which a connection is no use for mail; a modem of the slowest kind does
// better.
constexpr std::uint64_t kSlowest = 1024;

// Greylisters and tarpits take some seconds for each RCPT.
constexpr Seconds kEachRecipient{10};
constexpr std::size_t kCounted = 360;  // an hour

}  // namespace

Phase phase_of(Stage stage, std::optional<smtp::TransactionId> transaction, bool sending) {
  const bool envelope = stage == Stage::mail || stage == Stage::rcpt;
  return {envelope ? Stage::rset : stage, transaction, sending && stage == Stage::message};
}

Milliseconds step_limit(const config::SmartHost& host, const Phase& phase) {
  const config::Timeouts& timeouts = host.timeouts;
  switch (phase.stage) {
    case Stage::greeting: return timeouts.greeting;
    case Stage::tls: return timeouts.tls;
    case Stage::data: return timeouts.data;
    case Stage::message: return phase.sending ? timeouts.block : timeouts.message;
    case Stage::quit: return timeouts.quit;
    case Stage::idle: return host.idle;
    default: return timeouts.command;
  }
}

Milliseconds phase_limit(const config::SmartHost& host, const Phase& phase, std::uint64_t octets,
                         std::size_t recipients) {
  const Milliseconds step = step_limit(host, phase);
  if (phase.sending) return step + Seconds(octets / kSlowest);
  if (phase.stage != Stage::rset) return step;
  return step + kEachRecipient * static_cast<Seconds::rep>(std::min(recipients, kCounted));
}

}  // namespace mailchute::relay
