// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/path.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"

namespace mailchute::smtp {
namespace {

bool is_high(char c) { return static_cast<unsigned char>(c) >= 128; }

bool is_local_part_octet(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~.";
  return is_alpha(c) || is_digit(c) || is_high(c) || kOthers.find(c) != std::string_view::npos;
}

// The underscore is against the rules but in use.
bool is_domain_octet(char c) {
  return is_alpha(c) || is_digit(c) || is_high(c) || c == '-' || c == '.' || c == '_';
}

bool is_literal_octet(char c) { return c > ' ' && c < 127 && c != '[' && c != ']' && c != '\\'; }

template <class Predicate>
bool skip_some(std::string_view& text, Predicate belongs) {
  const auto end = std::ranges::find_if_not(text, belongs);
  const bool some = end != text.begin();
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  return some;
}

bool skip_octet(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Behind the opening quote.
bool skip_quoted(std::string_view& text) {
  while (!text.empty() && !is_control(text.front())) {
    if (skip_octet(text, '"')) return true;
    if (skip_octet(text, '\\') && (text.empty() || is_control(text.front()))) return false;
    text.remove_prefix(1);
  }
  return false;
}

bool skip_local_part(std::string_view& text) {
  return skip_octet(text, '"') ? skip_quoted(text) : skip_some(text, is_local_part_octet);
}

bool skip_domain(std::string_view& text) {
  if (skip_octet(text, '[')) return skip_some(text, is_literal_octet) && skip_octet(text, ']');
  const std::string_view before = text;
  if (!skip_some(text, is_domain_octet)) return false;
  const auto domain = before.substr(0, before.size() - text.size());
  return domain.front() != '.' && domain.find("..") == std::string_view::npos;
}

bool skip_mailbox(std::string_view& text) {
  return skip_local_part(text) && (!skip_octet(text, '@') || skip_domain(text));
}

// "@one.example,@two.example:"
bool skip_route(std::string_view& text) {
  do {
    if (!skip_octet(text, '@') || !skip_domain(text)) return false;
  } while (skip_octet(text, ','));
  return skip_octet(text, ':');
}

}  // namespace

std::optional<Path> take_path(std::string_view& text) {
  std::string_view rest = text;
  const bool brackets = skip_octet(rest, '<');
  if (brackets && rest.starts_with('@') && !skip_route(rest)) return std::nullopt;
  const std::string_view before = rest;
  if (!(brackets && rest.starts_with('>')) && !skip_mailbox(rest)) return std::nullopt;
  const std::string_view mailbox = before.substr(0, before.size() - rest.size());
  if (brackets && !skip_octet(rest, '>')) return std::nullopt;
  if (!rest.empty() && rest.front() != ' ') return std::nullopt;
  if (mailbox.size() > kMaxPath || !is_utf8(mailbox)) return std::nullopt;
  text = rest;
  return Path{std::string(mailbox), std::ranges::none_of(mailbox, is_high)};
}

}  // namespace mailchute::smtp
