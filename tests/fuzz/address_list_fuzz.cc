// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever the list: addresses that come out are addresses, come out the same when read again, and
// no bare name is left after qualifying.
#include <cstdint>
#include <cstdlib>

#include "mail/address_list.h"

using namespace mailchute::mail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const ListedAddress& listed : parse_address_list(text).addresses) {
    if (!check(listed.address) || listed.end > size) std::abort();
    const AddressList again = parse_address_list(listed.address.text());
    if (again.addresses.size() != 1 || again.addresses[0].address != listed.address) std::abort();
  }
  const auto bare = [](const Address& address) { return address.bare(); };
  const std::string whole = with_domain(text, "d.example", bare).value_or(std::string(text));
  for (const ListedAddress& listed : parse_address_list(whole).addresses) {
    if (listed.address.bare()) std::abort();
  }
  return 0;
}
