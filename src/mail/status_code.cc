// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/status_code.h"

#include "base/text.h"

namespace mailchute::mail {
namespace {

// One to `most` digits from the front.
std::optional<int> take_digits(std::string_view& text, std::size_t most) {
  int number = 0;
  std::size_t count = 0;
  while (count < text.size() && count < most && is_digit(text[count])) {
    number = number * 10 + (text[count++] - '0');
  }
  if (count == 0) return std::nullopt;
  text.remove_prefix(count);
  return number;
}

bool take_dot(std::string_view& text) {
  if (text.empty() || text[0] != '.') return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string StatusCode::text() const {
  return std::to_string(status_class) + '.' + std::to_string(subject) + '.' +
         std::to_string(detail);
}

std::optional<StatusCode> take_status_code(std::string_view& text) {
  std::string_view rest = text;
  const auto status_class = take_digits(rest, 1);
  if (!status_class || (*status_class != 2 && *status_class != 4 && *status_class != 5)) return {};
  if (!take_dot(rest)) return {};
  const auto subject = take_digits(rest, 3);
  if (!subject || !take_dot(rest)) return {};
  const auto detail = take_digits(rest, 3);
  if (!detail || (!rest.empty() && rest[0] != ' ')) return {};
  text = rest;
  return StatusCode{*status_class, *subject, *detail};
}

}  // namespace mailchute::mail
