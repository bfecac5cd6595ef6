// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/message_encoder.h"

#include <algorithm>

namespace mailchute::smtp {

// find() is memchr: a pass each for NUL and CR, which are rare, then one for LF.
void MessageEncoder::encode(std::string_view text, std::string& wire) {
  if (text.find('\0') != std::string_view::npos) {
    std::string without(text);
    std::replace(without.begin(), without.end(), '\0', ' ');
    return encode(without, wire);
  }
  constexpr std::size_t kUsualLine = 32;
  wire.reserve(wire.size() + text.size() + text.size() / kUsualLine);
  while (!text.empty()) {
    const std::size_t cr = text.find('\r');
    encode_lines(text.substr(0, cr), wire);
    if (cr == std::string_view::npos) return;
    wire.push_back(' ');
    at_line_start_ = false;
    text.remove_prefix(cr + 1);
  }
}

void MessageEncoder::encode_lines(std::string_view text, std::string& wire) {
  while (!text.empty()) {
    if (at_line_start_ && text.front() == '.') wire.push_back('.');
    const std::size_t end = text.find('\n');
    wire.append(text.substr(0, end));
    at_line_start_ = end != std::string_view::npos;
    if (!at_line_start_) return;
    wire.append("\r\n", 2);
    text.remove_prefix(end + 1);
  }
}

void MessageEncoder::finish(std::string& wire) {
  if (!at_line_start_) wire.append("\r\n");
  wire.append(".\r\n");
  at_line_start_ = true;
}

}  // namespace mailchute::smtp
