// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/report.h"

#include "base/text.h"
#include "sendmail/exit_status.h"

namespace mailchute::sendmail {

void Report::problem(std::string_view text) {
  terminal_.write(Severity::error, text);
  log_.write(Severity::error, text);
}

void Report::warning(std::string_view text) {
  terminal_.write(Severity::warning, text);
  log_.write(Severity::warning, text);
}

void Report::note(std::string_view text) { terminal_.write(Severity::info, text); }

std::string no_address(std::string_view text, std::string_view reason) {
  return "'" + escaped(text) + "' is no address: " + std::string(reason);
}

void Report::queued(const std::string& id, const mail::Envelope& envelope) {
  note("queued as " + id + " from <" + envelope.reverse_path + ">");
  for (const mail::Recipient& recipient : envelope.recipients) {
    note(recipient.defect.empty() ? "to <" + recipient.address + ">"
                                  : no_address(recipient.address, recipient.defect) +
                                        "; a notification tells the sender");
  }
}

int Report::failed(const Error& error) {
  problem(error.text);
  return exit_status(error.kind);
}

}  // namespace mailchute::sendmail
