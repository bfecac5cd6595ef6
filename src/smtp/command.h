// SPDX-License-Identifier: GPL-3.0-or-later
// Command lines as a server reads them (RFC 5321, 4.1.1), with the parameters of the extensions it
// offers (RFC 1870, 3461, 4954, 6152, 6531). What cannot be taken comes back as the reply to give.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "mail/envelope.h"
#include "smtp/extensions.h"
#include "smtp/reply.h"

namespace mailchute::smtp {

enum class Verb {
  helo,
  ehlo,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  vrfy,
  expn,
  help,
  etrn,
  quit,
  starttls,
  auth,
  not_implemented,  // SEND SOML SAML TURN (RFC 5321, F.6)
  unknown,
};

struct Command {
  Verb verb = Verb::unknown;
  std::string_view argument;  // without blanks at its ends

  std::string_view name() const;  // in capitals; empty: unknown
};

// `line` without its line end.
Command parse_command(std::string_view line);

template <class T>
using Parsed = tl::expected<T, Reply>;

struct MailCommand {
  mail::Envelope envelope;  // no recipients yet
  std::uint64_t size = 0;   // 0: not said
  bool smtp_utf8 = false;
};

struct BdatCommand {
  std::uint64_t size = 0;
  bool last = false;
};

Parsed<MailCommand> parse_mail(std::string_view argument, const Extensions& offered);
// `smtp_utf8`: MAIL asked for it.
Parsed<mail::Recipient> parse_rcpt(std::string_view argument, const Extensions& offered,
                                   bool smtp_utf8);
std::optional<BdatCommand> parse_bdat(std::string_view argument);

}  // namespace mailchute::smtp
