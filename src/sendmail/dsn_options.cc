// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/dsn_options.h"

#include <algorithm>

#include "base/text.h"
#include "mail/xtext.h"

namespace mailchute::sendmail {

std::optional<mail::BodyType> parse_body_type(std::string_view text) {
  if (equal_ignoring_case(text, "7BIT")) return mail::BodyType::seven_bit;
  if (equal_ignoring_case(text, "8BITMIME")) return mail::BodyType::eight_bit_mime;
  if (equal_ignoring_case(text, "BINARYMIME")) return mail::BodyType::binary_mime;
  return std::nullopt;
}

std::optional<mail::Notify> parse_notify(std::string_view text) {
  mail::Notify notify;
  for (const std::string_view part : split(text, ',')) {
    const std::string word = to_lower(trim(part));
    if (word == "never") {
      notify.never = true;
    } else if (word == "success") {
      notify.success = true;
    } else if (word == "failure") {
      notify.failure = true;
    } else if (word == "delay") {
      notify.delay = true;
    } else {
      return std::nullopt;
    }
  }
  const bool other = notify.success || notify.failure || notify.delay;
  if (notify.never && other) return std::nullopt;
  return notify;
}

std::optional<mail::Return> parse_return(std::string_view text) {
  if (equal_ignoring_case(text, "full")) return mail::Return::full;
  if (equal_ignoring_case(text, "hdrs")) return mail::Return::headers;
  return std::nullopt;
}

std::optional<std::string> parse_envelope_id(std::string_view text) {
  std::string id = mail::is_xtext(text) ? std::string(text) : mail::to_xtext(text);
  if (!mail::is_envelope_id(id)) return std::nullopt;
  return id;
}

}  // namespace mailchute::sendmail
