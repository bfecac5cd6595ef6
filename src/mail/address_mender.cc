// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address_mender.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mail/address_list.h"
#include "mail/address_scanner.h"
#include "mail/encoded_word.h"

namespace mailchute::mail {
namespace {

using Tokens = std::span<const Token>;

class AddressMender {
 public:
  AddressMender(std::string_view text, const FieldTarget& target)
      : text_(text), target_(target), scanner_(text) {}

  // Nothing where it makes no sense.
  std::optional<MendedField> mend() {
    while (!at_end_) mend_element();
    if (broken_) return std::nullopt;
    copy_to(text_.size());
    return std::move(mended_);
  }

 private:
  // Up to the next comma or semicolon, or through the colon that opens a group.
  void mend_element() {
    std::vector<Token> tokens;
    std::size_t angle = std::string_view::npos, closed = angle;  // indices in `tokens`
    for (;;) {
      const Token token = scanner_.next();
      broken_ = broken_ || token.kind == Token::Kind::broken;
      at_end_ = token.kind == Token::Kind::end || broken_;
      const bool inside = angle != angle_none && closed == angle_none;
      if (at_end_ ||
          (!inside && (token.is(',') || token.is(';') || (token.is(':') && angle == angle_none))))
        break;
      if (token.is('<') && angle == angle_none) angle = tokens.size();
      if (token.is('>') && inside) closed = tokens.size();
      tokens.push_back(token);
    }
    if (tokens.empty()) return;
    const Tokens all(tokens);
    if (angle == angle_none) {
      const bool address =
          std::any_of(tokens.begin(), tokens.end(), [](const Token& t) { return t.is('@'); });
      return address ? mend_mailbox({}, all, all) : mend_phrase(all);
    }
    const std::size_t end = std::min(closed, tokens.size());
    const std::size_t whole = std::min(end + 1, tokens.size());
    broken_ = broken_ || has_eight_bit(all.subspan(whole));
    mend_mailbox(all.first(angle), all.subspan(angle + 1, end - angle - 1), all.first(whole));
  }

  void mend_mailbox(Tokens phrase, Tokens spec, Tokens whole) {
    const auto at =
        std::find_if(spec.rbegin(), spec.rend(), [](const Token& token) { return token.is('@'); });
    const auto local = spec.first(static_cast<std::size_t>(spec.rend() - at));
    const auto domain = spec.subspan(local.size());
    if (!has_eight_bit(local) && !has_eight_bit(domain)) return mend_phrase(phrase);
    const AddressList list = parse_address_list(text_of(spec));
    broken_ = broken_ || list.addresses.size() != 1 || !list.bad.empty();
    std::optional<std::string> ascii;
    if (!has_eight_bit(local) && !domain.empty() && target_.to_ascii)
      ascii = target_.to_ascii(text_of(domain));
    if (!ascii && !target_.utf8_addresses) return name_only(phrase, spec, whole);
    mend_phrase(phrase);
    if (ascii) {
      replace(domain, *ascii);
    } else {
      mended_.utf8_remains = true;
      copy_to(spec.front().begin);
      mended_.text += text_of(spec);
      copied_ = spec.back().end;
    }
  }

  void mend_phrase(Tokens phrase) {
    if (!has_eight_bit(phrase)) return;
    copy_to(phrase.front().begin);
    append_encoded(mended_.text, value(phrase));
    copied_ = phrase.back().end;
  }

  // RFC 6857, 3.1.8: a group without members, named as the mailbox was.
  void name_only(Tokens phrase, Tokens spec, Tokens whole) {
    copy_to(whole.front().begin);
    const std::string name = value(phrase);
    append_encoded(mended_.text, name + (name.empty() ? "" : " ") + std::string(text_of(spec)));
    mended_.text += " :;";
    copied_ = whole.back().end;
  }

  void replace(Tokens tokens, std::string_view by) {
    copy_to(tokens.front().begin);
    mended_.text += by;
    copied_ = tokens.back().end;
  }

  std::string_view text_of(Tokens tokens) const {
    return text_.substr(tokens.front().begin, tokens.back().end - tokens.front().begin);
  }

  bool has_eight_bit(Tokens tokens) const {
    return std::any_of(tokens.begin(), tokens.end(), [this](const Token& token) {
      return mail::has_eight_bit(text_.substr(token.begin, token.end - token.begin));
    });
  }

  // As a person reads it.
  std::string value(Tokens phrase) const {
    std::string words;
    for (std::size_t i = 0; i < phrase.size(); ++i) {
      if (i > 0 && phrase[i].begin > phrase[i - 1].end) words += ' ';
      words += scanner_.value(phrase[i]);
    }
    return words;
  }

  // What needs nothing, and the comments in it.
  void copy_to(std::size_t end) {
    std::string_view text = text_.substr(copied_, end - copied_);
    copied_ = end;
    while (mail::has_eight_bit(text)) {
      const std::size_t open = std::min(text.find_first_of("(\""), text.size());
      mended_.text += without_eight_bit(text.substr(0, open));
      text.remove_prefix(open);
      const std::size_t length = delimited(text);
      text.starts_with('(') ? put_comment(text.substr(0, length))
                            : void(mended_.text += text.substr(0, length));
      text.remove_prefix(length);
    }
    mended_.text += text;
  }

  void put_comment(std::string_view comment) {
    if (!mail::has_eight_bit(comment)) {
      mended_.text += comment;
      return;
    }
    const bool closed = comment.size() > 1 && comment.ends_with(')');
    mended_.text += '(';
    append_encoded(mended_.text, comment.substr(1, comment.size() - (closed ? 2 : 1)));
    mended_.text += ')';
  }

  // Octets of the comment or quoted string that the text starts with.
  static std::size_t delimited(std::string_view text) {
    std::size_t depth = 0;
    const bool comment = text.starts_with('(');
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\') ++i;
      else if (comment && text[i] == '(') ++depth;
      else if (comment ? text[i] == ')' && --depth == 0 : text[i] == '"' && i > 0) return i + 1;
    }
    return text.size();
  }

  static constexpr std::size_t angle_none = std::string_view::npos;

  std::string_view text_;
  const FieldTarget& target_;
  AddressScanner scanner_;
  MendedField mended_;
  std::size_t copied_ = 0;  // of text_
  bool at_end_ = false;
  bool broken_ = false;
};

}  // namespace

std::optional<MendedField> mended_addresses(std::string_view raw, const FieldTarget& target) {
  const std::size_t start = raw.find(':') + 1;
  auto mended = AddressMender(raw.substr(start), target).mend();
  if (mended) mended->text.insert(0, raw.substr(0, start));
  return mended;
}

}  // namespace mailchute::mail
