// SPDX-License-Identifier: GPL-3.0-or-later
// The lexical tokens of address lists (RFC 5322, 3.2): words, quoted strings, domain literals and
// specials; comments and folding white space between them are skipped. Linear in the text.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::mail {

struct Token {
  enum class Kind { word, quoted, literal, special, broken, end };
  Kind kind = Kind::end;
  char special = '\0';
  std::size_t begin = 0;
  std::size_t end = 0;

  bool is(char c) const { return kind == Kind::special && special == c; }
};

class AddressScanner {
 public:
  explicit AddressScanner(std::string_view text) : text_(text) {}

  // `broken`: a quoted string or domain literal that does not end. An encoded word (RFC 2047) is
  // one word whatever it holds. A comment that does not end goes on to the end.
  Token next();
  // Of what next() has not looked at.
  std::size_t position() const { return position_; }

  // The last comment that was skipped, as it stands between its parentheses.
  std::string_view comment() const { return comment_; }

  // What a token stands for: without quotes, escapes and folding.
  std::string value(const Token& token) const;

 private:
  void skip_blanks_and_comments();
  void skip_comment();
  Token take_delimited(Token::Kind kind, char closing);
  Token take_word();
  std::size_t encoded_word_length() const;

  std::string_view text_;
  std::size_t position_ = 0;
  std::string_view comment_;
};

}  // namespace mailchute::mail
