// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/content_type.h"

#include <algorithm>

#include "base/text.h"

namespace mailchute::mail {
namespace {

// More are nobody's; the rest of the field is left alone.
constexpr std::size_t kMaxParameters = 100;

bool is_space(char c) { return is_blank(c) || c == '\n' || c == '\r'; }

class Reader {
 public:
  Reader(std::string_view text, std::size_t from) : text_(text), at_(std::min(from, text.size())) {}

  std::size_t position() const { return at_; }
  bool at_end() const { return at_ == text_.size(); }

  bool take(char c) {
    skip_space();
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // Up to a blank or one of `stops`.
  std::string_view take_word(std::string_view stops) {
    skip_space();
    const std::size_t begin = at_;
    while (!at_end() && !is_space(text_[at_]) && stops.find(text_[at_]) == stops.npos) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string take_value() {
    skip_space();
    if (at_end() || text_[at_] != '"') return std::string(take_word(";"));
    std::string value;
    for (++at_; !at_end() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      if (text_[at_] != '\n') value += text_[at_];
    }
    if (!at_end()) ++at_;
    return value;
  }

  void skip_to(char c) { at_ = std::min(text_.find(c, at_), text_.size()); }

  void skip_space() {
    while (!at_end() && (is_space(text_[at_]) || text_[at_] == '(')) {
      text_[at_] == '(' ? skip_comment() : static_cast<void>(++at_);
    }
  }

 private:
  void skip_comment() {
    std::size_t depth = 0;
    for (; !at_end(); ++at_) {
      if (text_[at_] == '(') ++depth;
      if (text_[at_] == ')' && --depth == 0) break;
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    }
    if (!at_end()) ++at_;
  }

  std::string_view text_;
  std::size_t at_;
};

bool is_token(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return c > ' ' && c < 127 &&
           std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
  });
}

}  // namespace

std::vector<Parameter> parse_parameters(std::string_view body, std::size_t from) {
  std::vector<Parameter> parameters;
  Reader reader(body, from);
  while (!reader.at_end() && parameters.size() < kMaxParameters) {
    if (reader.take(';')) continue;
    const std::string name = to_lower(reader.take_word("=;("));
    const std::size_t begin = reader.position() - name.size();
    if (is_token(name) && reader.take('=')) {
      std::string value = reader.take_value();
      parameters.push_back({name, std::move(value), begin, reader.position()});
    }
    reader.skip_to(';');
  }
  return parameters;
}

ContentType parse_content_type(std::string_view body) {
  Reader reader(body, 0);
  ContentType found;
  const auto type = reader.take_word("/;(");
  if (!is_token(type) || !reader.take('/')) return found;
  const auto subtype = reader.take_word(";(");
  if (!is_token(subtype)) return found;
  found.type = to_lower(type);
  found.subtype = to_lower(subtype);
  found.parameters = reader.position();
  for (const Parameter& parameter : parse_parameters(body, found.parameters)) {
    if (parameter.name.starts_with("charset")) found.has_charset = true;
    if (parameter.name == "boundary" && found.boundary.empty()) found.boundary = parameter.value;
  }
  // It cannot end with a blank (RFC 2046, 5.1.1).
  found.boundary.erase(found.boundary.find_last_not_of(" \t") + 1);
  return found;
}

std::string parse_transfer_encoding(std::string_view body) {
  return to_lower(Reader(body, 0).take_word(";("));
}

}  // namespace mailchute::mail
