// SPDX-License-Identifier: GPL-3.0-or-later
// What the front end tells people: each problem is one line on standard error and the same text in
// the log. Costs nothing as long as there is nothing to say.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "mail/envelope.h"

namespace mailchute::sendmail {

std::string no_address(std::string_view text, std::string_view reason);

class Report {
 public:
  Report(Log& terminal, Log& log) : terminal_(terminal), log_(log) {}

  void problem(std::string_view text);
  void warning(std::string_view text);
  // Standard error only.
  void note(std::string_view text);
  // What -v says of a message.
  void queued(const std::string& id, const mail::Envelope& envelope);
  // Names the problem; the exit status to end with.
  int failed(const Error& error);

 private:
  Log& terminal_;
  Log& log_;
};

}  // namespace mailchute::sendmail
