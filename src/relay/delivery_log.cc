// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/delivery_log.h"

#include <algorithm>

namespace mailchute::relay {
namespace {

// "1.234" seconds.
std::string seconds_text(Milliseconds span) {
  const auto count = std::max<Milliseconds::rep>(span.count(), 0);
  std::string fraction = std::to_string(count % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(count / 1000) + "." + fraction;
}

Severity severity_of(Verdict::What what) {
  const bool good = what == Verdict::What::delivered || what == Verdict::What::discarded;
  return good ? Severity::info : Severity::warning;
}

}  // namespace

void log_judgement(Log& log, const Outgoing& message, const Judgement& judgement, const Via& via,
                   Time now) {
  const mail::Envelope& envelope = message.entry.envelope();
  const auto about = [&](std::string_view name, Severity severity, std::size_t recipient) {
    const mail::Recipient& to = envelope.recipients[recipient];
    Event event = Event(name, severity)
                      .with("id", message.entry.id())
                      .with("from", "<" + message.reverse_path + ">")
                      .with("to", "<" + to.address + ">");
    return to.expanded ? std::move(event).with("original", to.original) : std::move(event);
  };
  const auto line = [&](std::string_view name, Severity severity, std::size_t recipient) {
    return about(name, severity, recipient)
        .with("relay", via.relay)
        .with("tls", via.tls.empty() ? "none" : via.tls)
        .with("delay", seconds_text(now - envelope.time));
  };
  for (const auto& [recipient, verdict] : message.settled) {
    if (judgement.held) break;
    const bool address = envelope.recipients[recipient].defect.empty();
    log(about(address ? name_of(verdict.what) : "no-address", severity_of(verdict.what), recipient)
            .with("reason", verdict.reply));
  }
  for (std::size_t i = 0; i < message.recipients.size(); ++i) {
    if (judgement.held) {
      log(line("held", Severity::warning, message.recipients[i])
              .with("reply", judgement.reply)
              .with("hint", "see smart_host.sender in mailchute.conf(5)"));
      continue;
    }
    const Verdict& verdict = judgement.recipients[i];
    log(line(name_of(verdict.what), severity_of(verdict.what), message.recipients[i])
            .with("status", verdict.status)
            .with("reply", verdict.reply));
  }
}

}  // namespace mailchute::relay
