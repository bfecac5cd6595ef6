// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/xtext.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/utf8.h"

namespace mailchute::mail {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

bool is_plain(char c) { return c > 32 && c < 127 && c != '+' && c != '='; }

bool is_upper_hex(char c) { return kUpperHex.find(c) != std::string_view::npos; }

// The code point of the whole character at the front of UTF-8, which is taken.
std::uint32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  text.remove_prefix(length);
  return point;
}

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

std::string to_utf8_xtext(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::uint32_t point = take_code_point(text);
    const auto c = static_cast<char>(point);
    if (point > ' ' && point < 127 && c != '\\' && c != '+' && c != '=') {
      out += c;
      continue;
    }
    char digits[8];
    const auto end = std::to_chars(digits, digits + sizeof digits, point, 16);
    std::string hex = point < 16 ? "0" : "";
    for (const char* digit = digits; digit != end.ptr; ++digit) {
      hex += *digit >= 'a' ? static_cast<char>(*digit - 32) : *digit;
    }
    out.append("\\x{").append(hex).append("}");
  }
  return out;
}

bool is_envelope_id(std::string_view text) {
  constexpr std::size_t kMax = 100;
  if (text.empty() || text.size() > kMax || !is_xtext(text)) return false;
  for (std::size_t sign = text.find('+'); sign != text.npos; sign = text.find('+', sign + 1)) {
    const std::string_view octet = text.substr(sign + 1, 2);
    if (octet < "20" || octet > "7E") return false;
  }
  return true;
}

std::string typed_original(std::string_view address) {
  const bool ascii =
      std::all_of(address.begin(), address.end(), [](char c) { return (c & 0x80) == 0; });
  const bool utf8 = !ascii && is_utf8(address);
  std::string original = utf8 ? "utf-8;" + to_utf8_xtext(address) : "rfc822;" + to_xtext(address);
  return original.size() <= kMaxOriginal ? original : std::string();
}

}  // namespace mailchute::mail
