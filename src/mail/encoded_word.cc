// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/encoded_word.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"

namespace mailchute::mail {
namespace {

constexpr std::size_t kLine = 76;  // RFC 2047, 2

struct EncodedWord {
  std::string_view charset;  // without language (RFC 2231, 5)
  char encoding;             // 'q' or 'b'
  std::string_view text;
};

// "=?charset?encoding?text?=" from the front; leaves `text` alone when there is none.
std::optional<EncodedWord> take_encoded_word(std::string_view& text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 3 > text.size()) return std::nullopt;
  const char encoding = ascii_lower(text[charset_end + 1]);
  if ((encoding != 'q' && encoding != 'b') || text[charset_end + 2] != '?') return std::nullopt;
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find('?', begin);
  if (end == std::string_view::npos || text.substr(end, 2) != "?=") return std::nullopt;
  const std::string_view whole = text.substr(0, end);
  if (std::any_of(whole.begin(), whole.end(), [](char c) { return c <= ' ' || c > 126; })) {
    return std::nullopt;
  }
  const std::string_view charset = text.substr(2, charset_end - 2);
  const EncodedWord word{charset.substr(0, charset.find('*')), encoding,
                         text.substr(begin, end - begin)};
  text.remove_prefix(end + 2);
  return word;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> q_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i] == '_' ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::optional<std::string> b_decoded(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  unsigned pending = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    pending = (pending << 6 | static_cast<unsigned>(value)) & 0xFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(pending >> bits & 0xFF);
  }
  return out;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// RFC 2047, 5 (3): what may stand for itself in an encoded word in a phrase.
std::string q_encoded(char c) {
  if (c == ' ') return "_";
  if (is_alpha(c) || is_digit(c)) return std::string(1, c);
  constexpr char kHex[] = "0123456789ABCDEF";
  const auto octet = static_cast<unsigned char>(c);
  return std::string("=") + kHex[octet >> 4] + kHex[octet & 15];
}

std::optional<std::string> latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | octet >> 6);
      out += static_cast<char>(0x80 | (octet & 0x3F));
    }
  }
  return out;
}

std::optional<std::string> decoded(const EncodedWord& word) {
  auto octets = word.encoding == 'q' ? q_decoded(word.text) : b_decoded(word.text);
  if (!octets) return std::nullopt;
  for (const auto name : {"utf-8", "us-ascii", "ascii"}) {
    if (equal_ignoring_case(word.charset, name)) return octets;
  }
  if (equal_ignoring_case(word.charset, "iso-8859-1")) return latin1_to_utf8(*octets);
  return std::nullopt;
}

}  // namespace

std::string encoded_words(std::string_view text) {
  const bool utf8 = is_utf8(text);
  const std::string start = utf8 ? "=?UTF-8?Q?" : "=?UNKNOWN-8BIT?Q?";  // RFC 1428
  constexpr std::size_t kRoom = 50;
  std::string out = start;
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::string character = q_encoded(text[i++]);
    while (utf8 && i < text.size() && is_continuation(text[i])) character += q_encoded(text[i++]);
    if (used + character.size() > kRoom) {
      out += "?=\n " + start;
      used = 0;
    }
    out += character;
    used += character.size();
  }
  return out + "?=";
}

// Characters cut in two by careless senders come together again, as UTF-8 is checked at the end.
std::optional<std::string> decode_unstructured(std::string_view text) {
  std::string out;
  std::string blanks;  // since the last word; they vanish between two encoded words
  bool after_encoded = false;
  while (!text.empty()) {
    const char c = text[0];
    if (is_blank(c) || c == '\r' || c == '\n') {
      if (c != '\r' && c != '\n') blanks += c;
      text.remove_prefix(1);
      continue;
    }
    if (const auto word = take_encoded_word(text)) {
      const auto characters = decoded(*word);
      if (!characters) return std::nullopt;
      if (!after_encoded) out += blanks;
      out += *characters;
      after_encoded = true;
    } else {
      out.append(blanks).append(1, c);
      text.remove_prefix(1);
      after_encoded = false;
    }
    blanks.clear();
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

void append_encoded(std::string& field, std::string_view text) {
  std::string line(text);
  std::erase(line, '\n');
  if (line.find("=?") != std::string::npos) line = decode_unstructured(line).value_or(line);
  const std::string words = encoded_words(line);
  const std::size_t column = field.size() - (field.rfind('\n') + 1);
  if (column + std::min(words.find('\n'), words.size()) > kLine && is_blank(field.back())) {
    field.insert(field.size() - 1, 1, '\n');
  }
  field += words;
}

}  // namespace mailchute::mail
