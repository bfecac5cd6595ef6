// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/report.h"

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

int Report::failed(const Error& error) {
  problem(error.text);
  return exit_status(error.kind);
}

}  // namespace mailchute::sendmail
