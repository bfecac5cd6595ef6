// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/envelope_words.h"

namespace mailchute::mail {

std::string notify_words(const Notify& notify) {
  std::string words;
  const auto add = [&](bool wanted, std::string_view word) {
    if (wanted) words.append(words.empty() ? "" : ",").append(word);
  };
  add(notify.never, "NEVER");
  add(notify.success, "SUCCESS");
  add(notify.failure, "FAILURE");
  add(notify.delay, "DELAY");
  return words;
}

std::string_view body_word(BodyType body) {
  switch (body) {
    case BodyType::unspecified: return {};
    case BodyType::seven_bit: return "7BIT";
    case BodyType::eight_bit_mime: return "8BITMIME";
    case BodyType::binary_mime: return "BINARYMIME";
  }
  return {};
}

std::string_view return_word(Return ret) {
  switch (ret) {
    case Return::unspecified: return {};
    case Return::full: return "FULL";
    case Return::headers: return "HDRS";
  }
  return {};
}

}  // namespace mailchute::mail
