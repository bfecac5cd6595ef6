// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/display_name.h"

#include <algorithm>

#include "base/text.h"
#include "mail/address.h"
#include "mail/address_scanner.h"
#include "mail/encoded_word.h"

namespace mailchute::mail {
namespace {

// Longer names are cut: nobody has one, and the field must stay readable.
constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxMailbox = 2048;  // with encoded words and comments

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

std::string unescaped_comment(std::string_view comment) {
  std::string out;
  for (std::size_t i = 0; i < comment.size(); ++i) {
    if (comment[i] == '\\' && i + 1 < comment.size()) ++i;
    out += comment[i] == '\n' ? ' ' : comment[i];
  }
  return out;
}

// The words before a '<', one blank where there were any between; without a '<', the comment.
std::string written_name(std::string_view mailbox) {
  AddressScanner scanner(mailbox.substr(0, kMaxMailbox));
  std::string phrase;
  std::size_t end = 0;
  bool angle = false;
  for (Token token = scanner.next(); token.kind != Token::Kind::end; token = scanner.next()) {
    if (token.kind == Token::Kind::broken) return {};
    angle = angle || token.is('<');
    if (angle) continue;
    if (!phrase.empty() && token.begin != end) phrase += ' ';
    phrase += scanner.value(token);
    end = token.end;
  }
  return angle && !phrase.empty() ? phrase : unescaped_comment(scanner.comment());
}

// "(Cron Daemon)" in quotes is cronie's.
std::string_view without_parentheses(std::string_view name) {
  const bool all = name.starts_with('(') && name.find(')') == name.size() - 1;
  return trim(all ? name.substr(1, name.size() - 2) : name);
}

bool is_words(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == ' ' || (is_atext(c) && !is_eight_bit(c)); });
}

// One to a line: encoded words are long.
std::string folded_words(std::string text) {
  for (std::size_t at = text.find(' '); at != text.npos; at = text.find(' ', at + 2))
    text.insert(at, "\n");
  return text;
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

std::string format_name_in(std::string_view mailbox, std::string_view suffix) {
  const std::string written = written_name(mailbox);
  const std::string_view name = without_parentheses(trim(written));
  const auto decoded = decode_unstructured(name);
  if (name.empty() || decoded.value_or(std::string(name)).find('@') != name.npos) return {};
  if (decoded) return format_display_name(*decoded + std::string(suffix));
  if (name.find("=?") == name.npos) return format_display_name(std::string(name).append(suffix));
  if (!is_words(name) || name.size() > kMaxName) return {};
  return folded_words(std::string(name)).append(suffix);
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
