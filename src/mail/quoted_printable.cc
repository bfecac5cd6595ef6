// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/quoted_printable.h"

#include <algorithm>

#include "base/text.h"
#include "mail/folding.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kMaxColumn = 75;  // leaves room for the "=" of a soft line break
constexpr std::size_t kMaxBlanks =
    256;  // held back; so many at the end of a line are nobody's text

constexpr bool stands_for_itself(char c) { return c > ' ' && c < 127 && c != '='; }

void put_code(char c, std::string& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const auto octet = static_cast<unsigned char>(c);
  out += '=';
  out += kHex[octet >> 4];
  out += kHex[octet & 15];
}

}  // namespace

void QuotedPrintableEncoder::encode(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const char c = text.front();
    std::size_t taken = 1;
    if (c == '\n') {
      release_blanks(true, out);
      out += '\n';
      column_ = 0;
      broken_ = false;
    } else if (is_blank(c)) {
      hold_blank(c, out);
    } else {
      release_blanks(false, out);
      taken = put_plain(text, out);
      if (taken == 0) put_other(c, out);
      taken = std::max<std::size_t>(taken, 1);
    }
    text.remove_prefix(taken);
  }
}

void QuotedPrintableEncoder::finish(std::string& out) { release_blanks(true, out); }

// In plain text only the last blank of a line is encoded. Encoded text has none there that count
// (RFC 2045, 6.7 (3)), and a soft line break must not make them count.
void QuotedPrintableEncoder::hold_blank(char blank, std::string& out) {
  if (!encoded_ || blanks_.size() == kMaxBlanks) release_blanks(false, out);
  blanks_ += blank;
}

void QuotedPrintableEncoder::release_blanks(bool end_of_line, std::string& out) {
  if (blanks_.empty()) return;
  if (end_of_line && encoded_) {
    out += blanks_;
  } else if (end_of_line) {
    make_room(3, out);
    put_code(blanks_[0], out);
    column_ += 3;
  } else {
    for (const char blank : blanks_) {
      make_room(1, out);
      out += blank;
      ++column_;
    }
  }
  blanks_.clear();
}

// As much of the front as stands for itself in this line. Behind a soft line break nothing may look
// like a delimiter of a multipart.
std::size_t QuotedPrintableEncoder::put_plain(std::string_view text, std::string& out) {
  if (!stands_for_itself(text[0])) return 0;
  make_room(1, out);
  if (column_ == 0 && broken_ && text[0] == '-') return 0;
  const std::size_t room = std::min(text.size(), kMaxColumn - column_);
  std::size_t length = 1;
  while (length < room &&
         (stands_for_itself(text[length]) ||
          (text[length] == ' ' && length + 1 < room && stands_for_itself(text[length + 1])))) {
    ++length;
  }
  out.append(text.substr(0, length));
  column_ += length;
  return length;
}

void QuotedPrintableEncoder::put_other(char c, std::string& out) {
  make_room(3, out);
  if (encoded_ && c == '=') {  // room for its digits, too
    out += c;
    ++column_;
  } else {
    put_code(c, out);
    column_ += 3;
  }
}

void QuotedPrintableEncoder::make_room(std::size_t octets, std::string& out) {
  if (column_ + octets <= kMaxColumn) return;
  out += "=\n";
  column_ = 0;
  broken_ = true;
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  QuotedPrintableEncoder encoder;
  encoder.encode(text, out);
  encoder.finish(out);
  return out;
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
