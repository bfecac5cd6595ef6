// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address_scanner.h"

#include <algorithm>

namespace mailchute::mail {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_special(char c) {
  return c != '\0' && std::string_view("()<>[]:;@\\,.\"").find(c) != std::string_view::npos;
}

}  // namespace

Token AddressScanner::next() {
  skip_blanks_and_comments();
  if (position_ == text_.size()) return {Token::Kind::end, '\0', position_, position_};
  const char c = text_[position_];
  if (c == '"') return take_delimited(Token::Kind::quoted, '"');
  if (c == '[') return take_delimited(Token::Kind::literal, ']');
  if (!is_special(c)) return take_word();
  ++position_;
  return {Token::Kind::special, c, position_ - 1, position_};
}

void AddressScanner::skip_blanks_and_comments() {
  while (position_ < text_.size()) {
    if (text_[position_] == '(') {
      skip_comment();
    } else if (is_space(text_[position_])) {
      ++position_;
    } else {
      return;
    }
  }
}

void AddressScanner::skip_comment() {
  std::size_t depth = 0;
  const std::size_t begin = position_ + 1;
  while (position_ < text_.size()) {
    const char c = text_[position_++];
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) {
      comment_ = text_.substr(begin, position_ - 1 - begin);
      return;
    }
    if (c == '\\' && position_ < text_.size()) ++position_;
  }
}

Token AddressScanner::take_delimited(Token::Kind kind, char closing) {
  const std::size_t begin = position_++;
  while (position_ < text_.size()) {
    const char c = text_[position_++];
    if (c == closing) return {kind, '\0', begin, position_};
    if (c == '\\' && position_ < text_.size()) ++position_;
  }
  return {Token::Kind::broken, '\0', begin, position_};
}

Token AddressScanner::take_word() {
  const std::size_t begin = position_;
  position_ += encoded_word_length();
  while (position_ < text_.size() && !is_space(text_[position_]) && !is_special(text_[position_])) {
    ++position_;
  }
  return {Token::Kind::word, '\0', begin, position_};
}

// RFC 2047, 2: "=?charset?encoding?text?=", at most 75 characters; mailers write specials inside
// that RFC 2047, 5 (3), forbids there.
std::size_t AddressScanner::encoded_word_length() const {
  const std::string_view text = text_.substr(position_, 75);
  if (!text.starts_with("=?")) return 0;
  std::size_t at = 2;
  for (int part = 0; part < 2; ++part) {
    at = text.find('?', at);
    if (at == std::string_view::npos) return 0;
    ++at;
  }
  const std::size_t end = text.find("?=", at);
  if (end == std::string_view::npos) return 0;
  return std::none_of(text.begin(), text.begin() + static_cast<long>(end), is_space) ? end + 2 : 0;
}

std::string AddressScanner::value(const Token& token) const {
  const std::string_view raw = text_.substr(token.begin, token.end - token.begin);
  if (token.kind == Token::Kind::word || token.kind == Token::Kind::special) {
    return std::string(raw);
  }
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\r' || inner[i] == '\n') continue;
    if (inner[i] == '\\' && i + 1 < inner.size()) ++i;
    out += inner[i];
  }
  return token.kind == Token::Kind::literal ? '[' + out + ']' : out;
}

}  // namespace mailchute::mail
