// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/envelope_words.h"

namespace mailchute {

std::vector<std::string> notify_words(const mail::Notify& notify) {
  std::vector<std::string> words;
  if (notify.never) words.emplace_back("NEVER");
  if (notify.success) words.emplace_back("SUCCESS");
  if (notify.failure) words.emplace_back("FAILURE");
  if (notify.delay) words.emplace_back("DELAY");
  return words;
}

std::string body_word(mail::BodyType body) {
  switch (body) {
    case mail::BodyType::unspecified: return {};
    case mail::BodyType::seven_bit: return "7BIT";
    case mail::BodyType::eight_bit_mime: return "8BITMIME";
    case mail::BodyType::binary_mime: return "BINARYMIME";
  }
  return {};
}

std::string return_word(mail::Return ret) {
  switch (ret) {
    case mail::Return::unspecified: return {};
    case mail::Return::full: return "FULL";
    case mail::Return::headers: return "HDRS";
  }
  return {};
}

}  // namespace mailchute
