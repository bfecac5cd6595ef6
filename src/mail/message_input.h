// SPDX-License-Identifier: GPL-3.0-or-later
// A message as a caller writes it -> text with LF line ends: CRLF becomes LF, a missing final line
// end is added, a line with a lone dot ends the message unless dots are ignored. A CR elsewhere,
// NUL and octets above 127 stay. The same text comes out however the input is cut.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::mail {

class MessageInput {
 public:
  explicit MessageInput(bool ignore_dots) : ignore_dots_(ignore_dots) {}

  // Appends to `text`. What follows the lone dot is ignored.
  void feed(std::string_view octets, std::string& text);
  // At the end of the input.
  void finish(std::string& text);
  // A lone dot was read: there is nothing more to read.
  bool ended() const { return state_ == State::ended; }

 private:
  // What was read of the present line: nothing, only a dot, the dot and a CR (both held back),
  // other text, other text and a CR that is held back.
  enum class State { line_start, dot, dot_cr, inside, inside_cr, ended };

  void feed_octet(char c, std::string& text);

  bool ignore_dots_;
  State state_ = State::line_start;
};

}  // namespace mailchute::mail
