// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address_pattern.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::mail {
namespace {

// Time is at most the product of the two lengths, which are those of addresses.
bool matches_text(std::string_view pattern, std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0, t = 0;
  std::size_t star = kNone, after_star = 0;  // the last "*", and where what it does not take begins
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != kNone) {
      p = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == kNone;
}

}  // namespace

Result<AddressPattern> AddressPattern::parse(std::string_view text) {
  const auto bad = [](const char* why) { return failure(Error::Kind::data, why); };
  const std::size_t at = text.rfind('@');
  if (at == text.npos) return bad("no '@'");
  if (at == 0 || at + 1 == text.size()) return bad("nothing on one side of the '@'");
  if (text.size() > kMaxAddress) return bad("more octets than an address");
  const auto odd = [](char c) { return is_control(c) || c == ' '; };
  if (std::any_of(text.begin(), text.end(), odd)) return bad("a blank or control character");
  AddressPattern pattern;
  pattern.local_part_ = text.substr(0, at);
  pattern.domain_ = to_lower(text.substr(at + 1));
  return pattern;
}

bool AddressPattern::matches(const Address& address) const {
  return matches_text(domain_, to_lower(address.domain)) &&
         matches_text(local_part_, address.local_part);
}

}  // namespace mailchute::mail
