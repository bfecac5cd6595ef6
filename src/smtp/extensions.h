// SPDX-License-Identifier: GPL-3.0-or-later
// What the answer to EHLO offers (RFC 5321, 4.1.1.1).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/reply.h"

namespace mailchute::smtp {

struct Extensions {
  bool starttls = false;               // RFC 3207
  bool pipelining = false;             // RFC 2920
  bool eight_bit_mime = false;         // RFC 6152
  bool enhanced_status_codes = false;  // RFC 2034
  bool chunking = false;               // RFC 3030
  bool binary_mime = false;
  bool smtp_utf8 = false;         // RFC 6531
  bool dsn = false;               // RFC 3461
  bool size = false;              // RFC 1870
  std::uint64_t size_limit = 0;   // 0: none said
  std::uint64_t messages = 0;     // LIMITS (RFC 9422): so many on one connection; 0: none said
  std::uint64_t recipients = 0;   // of one message; likewise
  std::uint64_t domains = 0;      // of its recipients; likewise
  std::vector<std::string> auth;  // mechanisms in upper case (RFC 4954, and the old "AUTH=")
};

Extensions parse_extensions(const Reply& ehlo);

// Those that a transaction makes use of, and can do without.
enum class Capability { pipelining, size, eight_bit_mime, smtp_utf8, dsn };
using Capabilities = std::set<Capability>;
std::string_view name_of(Capability capability);

}  // namespace mailchute::smtp
