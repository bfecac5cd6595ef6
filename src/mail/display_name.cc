// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/display_name.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "mail/address.h"

namespace mailchute::mail {
namespace {

// Longer names are cut: nobody has one, and the field must stay readable.
constexpr std::size_t kMaxName = 256;

bool is_eight_bit(char c) { return static_cast<unsigned char>(c) > 127; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string without_controls(std::string_view name) {
  std::string out(name);
  std::replace_if(out.begin(), out.end(), is_control, ' ');
  return std::string(trim(out));
}

// At most kMaxName octets, not cut inside a character.
std::string_view shortened(std::string_view name) {
  if (name.size() <= kMaxName) return name;
  std::size_t end = kMaxName;
  while (end > kMaxName - 4 && is_continuation(name[end])) --end;
  return name.substr(0, end);
}

// RFC 2047, 5 (3): what may stand for itself in an encoded word in a phrase.
std::string q_encoded(char c) {
  if (c == ' ') return "_";
  if (is_alpha(c) || is_digit(c)) return std::string(1, c);
  constexpr char kHex[] = "0123456789ABCDEF";
  const auto octet = static_cast<unsigned char>(c);
  return std::string("=") + kHex[octet >> 4] + kHex[octet & 15];
}

// Encoded words of at most 75 characters, each with whole characters only (RFC 2047, 2 and 5).
std::string encoded_words(std::string_view name) {
  const bool utf8 = is_utf8(name);
  const std::string start = utf8 ? "=?UTF-8?Q?" : "=?UNKNOWN-8BIT?Q?";  // RFC 1428
  constexpr std::size_t kRoom = 50;
  std::string out = start;
  std::size_t used = 0;
  for (std::size_t i = 0; i < name.size();) {
    std::string character = q_encoded(name[i++]);
    while (utf8 && i < name.size() && is_continuation(name[i])) character += q_encoded(name[i++]);
    if (used + character.size() > kRoom) {
      out += "?=\n " + start;
      used = 0;
    }
    out += character;
    used += character.size();
  }
  return out + "?=";
}

}  // namespace

std::string format_display_name(std::string_view name) {
  const std::string clean = without_controls(shortened(name));
  const auto plain = [](char c) { return is_atext(c) || c == ' '; };
  // What looks like an encoded word must not become one.
  if (std::any_of(clean.begin(), clean.end(), is_eight_bit)) return encoded_words(clean);
  if (clean.find("=?") != std::string::npos) return encoded_words(clean);
  return std::all_of(clean.begin(), clean.end(), plain) ? clean : quoted(clean);
}

std::string full_name_from_gecos(std::string_view gecos, std::string_view login) {
  std::string name;
  for (const char c : gecos.substr(0, gecos.find(','))) {
    if (c != '&') {
      name += c;
    } else if (!login.empty()) {
      const char first = login[0];
      name += first >= 'a' && first <= 'z' ? static_cast<char>(first - 32) : first;
      name += login.substr(1);
    }
  }
  return name;
}

}  // namespace mailchute::mail
