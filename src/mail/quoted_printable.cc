// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/quoted_printable.h"

#include "base/text.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kMaxEncodedLine = 76;
constexpr std::size_t kMaxLine = 998;

std::string encoded(char c, bool last_of_line) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const bool plain = c > ' ' && c < 127 && c != '=';
  if (plain || (is_blank(c) && !last_of_line)) return std::string(1, c);
  const auto octet = static_cast<unsigned char>(c);
  return {'=', kHex[octet >> 4], kHex[octet & 15]};
}

void append_line(std::string& out, std::string_view line) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string piece = encoded(line[i], i + 1 == line.size());
    if (column + piece.size() >= kMaxEncodedLine) {  // leaves room for "="
      out += "=\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  }
}

}  // namespace

std::string quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (;;) {
    const std::size_t end = text.find('\n');
    append_line(out, text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

bool is_seven_bit(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    length = c == '\n' ? 0 : length + 1;
    if (length > kMaxLine || (c != '\n' && c != '\t' && (c < ' ' || c > 126))) return false;
  }
  return true;
}

}  // namespace mailchute::mail
