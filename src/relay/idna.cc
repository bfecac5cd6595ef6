// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/idna.h"

#include <idn2.h>

#include <memory>

#include "mail/address.h"

namespace mailchute::relay {

std::optional<std::string> to_a_labels(std::string_view domain) {
  const std::string name(domain);
  if (name.find('\0') != name.npos) return std::nullopt;
  char* found = nullptr;
  const int code = idn2_to_ascii_8z(name.c_str(), &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, decltype(&idn2_free)> ascii(found, idn2_free);
  if (code != IDN2_OK || !ascii) return std::nullopt;
  // Compatibility characters stand for others: U+FF1E for ">".
  const mail::Address there{"x", ascii.get()};
  return !there.bare() && mail::check(there) ? std::optional(there.domain) : std::nullopt;
}

}  // namespace mailchute::relay
