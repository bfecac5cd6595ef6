// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/path.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "mail/address.h"

namespace mailchute::smtp {
namespace {

bool take_octet(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view take_up_to(std::string_view& text, std::size_t end) {
  const auto taken = text.substr(0, end);
  text.remove_prefix(taken.size());
  return taken;
}

// Behind the opening quote. What the quotes hold, without them and the escapes.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  while (!take_octet(text, '"')) {
    take_octet(text, '\\');
    if (text.empty()) return std::nullopt;
    value += text.front();
    text.remove_prefix(1);
  }
  return value;
}

std::optional<std::string> take_local_part(std::string_view& text) {
  if (take_octet(text, '"')) return take_quoted(text);
  const auto belongs = [](char c) { return mail::is_atext(c) || c == '.'; };
  const auto end = std::ranges::find_if_not(text, belongs);
  return std::string(take_up_to(text, static_cast<std::size_t>(end - text.begin())));
}

// An address literal has colons of its own.
std::string_view take_domain(std::string_view& text) {
  const bool literal = text.starts_with('[');
  const std::size_t end = literal ? text.find(']') + 1 : text.find_first_of(" <>,:");
  return take_up_to(text, end);
}

// "@one.example,@two.example:"
bool take_route(std::string_view& text) {
  do {
    if (!take_octet(text, '@') || take_domain(text).empty()) return false;
  } while (take_octet(text, ','));
  return take_octet(text, ':');
}

// In UTF-8; nothing when it cannot be a mailbox.
std::optional<std::string> take_mailbox(std::string_view& text) {
  auto local_part = take_local_part(text);
  if (!local_part) return std::nullopt;
  mail::Address address{std::move(*local_part), {}};
  if (take_octet(text, '@')) {
    address.domain = take_domain(text);
    if (address.domain.empty()) return std::nullopt;
  }
  if (!mail::check(address)) return std::nullopt;
  auto mailbox = address.text();
  return is_utf8(mailbox) ? std::optional(std::move(mailbox)) : std::nullopt;
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 128; }

}  // namespace

std::optional<Path> take_path(std::string_view& text) {
  std::string_view rest = text;
  std::optional<std::string> mailbox;
  const bool brackets = take_octet(rest, '<');
  if (brackets && rest.starts_with('>')) {
    mailbox.emplace();
  } else {
    if (brackets && rest.starts_with('@') && !take_route(rest)) return std::nullopt;
    mailbox = take_mailbox(rest);
  }
  if (!mailbox || (brackets && !take_octet(rest, '>'))) return std::nullopt;
  if (!rest.empty() && rest.front() != ' ') return std::nullopt;
  text = rest;
  const bool ascii = std::ranges::all_of(*mailbox, is_ascii);
  return Path{std::move(*mailbox), ascii};
}

}  // namespace mailchute::smtp
