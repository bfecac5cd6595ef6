// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/xtext.h"

namespace mailchute::mail {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

bool is_plain(char c) { return c > 32 && c < 127 && c != '+' && c != '='; }

bool is_upper_hex(char c) { return kUpperHex.find(c) != std::string_view::npos; }

}  // namespace

bool is_xtext(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_plain(text[i])) continue;
    if (text[i] != '+' || text.size() - i < 3) return false;
    if (!is_upper_hex(text[i + 1]) || !is_upper_hex(text[i + 2])) return false;
    i += 2;
  }
  return true;
}

std::string to_xtext(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out.append({'+', kUpperHex[octet >> 4], kUpperHex[octet & 15]});
  }
  return out;
}

}  // namespace mailchute::mail
