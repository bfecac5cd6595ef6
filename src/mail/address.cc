// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::mail {
namespace {

bool is_dot_string(std::string_view text) {
  bool after_dot = true;
  for (const char c : text) {
    if (c == '.' ? after_dot : !is_atext(c)) return false;
    after_dot = c == '.';
  }
  return !after_dot;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_control);
}

bool is_domain_octet(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || static_cast<unsigned char>(c) > 127;
}

bool is_address_literal(std::string_view domain) {
  return domain.size() > 2 && domain.front() == '[' && domain.back() == ']' &&
         domain.substr(1, domain.size() - 2).find_first_of("[]\\ <>") == std::string_view::npos;
}

Result<> check_domain(std::string_view domain) {
  if (domain.front() == '[') {
    if (is_address_literal(domain)) return {};
    return failure(Error::Kind::data, "malformed address literal");
  }
  for (const std::string_view label : split(domain, '.')) {
    if (label.empty()) return failure(Error::Kind::data, "empty part in the domain");
    const auto odd = std::find_if_not(label.begin(), label.end(), is_domain_octet);
    if (odd != label.end()) {
      return failure(Error::Kind::data, std::string("'") + *odd + "' in the domain");
    }
  }
  return {};
}

}  // namespace

bool is_atext(char c) {
  if (is_alpha(c) || is_digit(c) || static_cast<unsigned char>(c) > 127) return true;
  return c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += is_control(c) ? ' ' : c;
  }
  return out + '"';
}

std::string Address::text() const {
  std::string out = is_dot_string(local_part) ? local_part : quoted(local_part);
  if (!bare()) out.append("@").append(domain);
  return out;
}

Result<> check(const Address& address) {
  const std::string_view local = address.local_part;
  if (local.empty()) {
    return failure(Error::Kind::data, address.bare() ? "empty address" : "nothing before the '@'");
  }
  if (has_control(local) || has_control(address.domain)) {
    return failure(Error::Kind::data, "control character in an address");
  }
  if (address.text().size() > kMaxAddress) {
    return failure(Error::Kind::data, "longer than " + std::to_string(kMaxAddress) + " octets");
  }
  return address.bare() ? Result<>() : check_domain(address.domain);
}

Address qualified(Address address, std::string_view domain) {
  if (address.bare()) address.domain = domain;
  return address;
}

bool is_local(const Address& address, std::string_view hostname) {
  const auto at = [&](std::string_view name) { return equal_ignoring_case(address.domain, name); };
  return address.bare() || at(hostname) || at("localhost") || at("localhost.localdomain");
}

std::string mailbox_key(const Address& address) {
  return Address{address.local_part, to_lower(address.domain)}.text();
}

}  // namespace mailchute::mail
