// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address_field.h"

#include "mail/folding.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kPreferred = 78;

// Puts a word behind what there is, on the next line where this one has no room.
void put(std::string& field, std::string_view word) {
  const std::size_t column = field.size() - (field.rfind('\n') + 1);
  const std::size_t first_line = word.find('\n') == word.npos ? word.size() : word.find('\n');
  const bool room = field.ends_with(':') || column + 1 + first_line < kPreferred;
  field.append(room ? " " : "\n ").append(word);
}

}  // namespace

std::string address_field(std::string_view name, const std::vector<NamedAddress>& addresses) {
  std::string field = std::string(name) + ":";
  for (const NamedAddress& listed : addresses) {
    if (&listed != &addresses.front()) field += ',';
    if (!listed.name.empty()) put(field, listed.name);
    put(field, listed.name.empty() ? listed.address : "<" + listed.address + ">");
  }
  return field + "\n";
}

std::optional<std::string> readdressed(const Field& field, std::string_view domain,
                                       const Choice& chosen) {
  const auto fits = [&](const Address& address) {
    return chosen(address) &&
           Address{address.local_part, std::string(domain)}.text().size() <= kMaxAddressInField;
  };
  const std::size_t body = field.raw.find(':') + 1;
  const auto changed = with_domain(std::string_view(field.raw).substr(body), domain, fits);
  if (!changed) return std::nullopt;
  return refolded(field.raw.substr(0, body) + *changed);
}

}  // namespace mailchute::mail
