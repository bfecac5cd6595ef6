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
  return what == Verdict::What::delivered ? Severity::info : Severity::warning;
}

}  // namespace

void log_judgement(Log& log, const Outgoing& message, const Judgement& judgement, const Via& via,
                   Time now) {
  const mail::Envelope& envelope = message.entry.envelope();
  const auto about = [&](std::string_view name, Severity severity, std::size_t recipient) {
    return Event(name, severity)
        .with("id", message.entry.id())
        .with("from", "<" + message.reverse_path + ">")
        .with("to", "<" + envelope.recipients[recipient].address + ">");
  };
  const auto line = [&](std::string_view name, Severity severity, std::size_t recipient) {
    return about(name, severity, recipient)
        .with("relay", via.relay)
        .with("tls", via.tls.empty() ? "none" : via.tls)
        .with("delay", seconds_text(now - envelope.time));
  };
  for (const auto& [i, reply] : message.unsendable) {
    if (judgement.held) break;
    log(about("failed", Severity::warning, i).with("reason", reply));
  }
  for (const std::size_t i : message.unusable) {
    if (judgement.held) break;
    log(about("no-address", Severity::warning, i).with("reason", envelope.recipients[i].defect));
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
