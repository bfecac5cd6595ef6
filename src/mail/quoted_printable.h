// SPDX-License-Identifier: GPL-3.0-or-later
// Quoted-printable (RFC 2045, 6.7): any text as lines of at most 76 printable octets, which every
// mail server takes. LF ends a line on both sides; a CR is an octet like others.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::mail {

// Text in pieces; the same octets come out however it is cut.
class QuotedPrintableEncoder {
 public:
  enum class Input {
    plain,
    // Quoted-printable already, but not as it should be: what is encoded stays so, long lines are
    // broken and octets that may not stand for themselves are encoded.
    encoded,
  };
  explicit QuotedPrintableEncoder(Input input = Input::plain) : encoded_(input == Input::encoded) {}

  void encode(std::string_view text, std::string& out);
  // At the end of the text.
  void finish(std::string& out);

 private:
  void hold_blank(char blank, std::string& out);
  void release_blanks(bool end_of_line, std::string& out);
  std::size_t put_plain(std::string_view text, std::string& out);
  void put_other(char c, std::string& out);
  void make_room(std::size_t octets, std::string& out);

  bool encoded_;
  std::string blanks_;  // what stands for itself only if the line goes on behind it
  std::size_t column_ = 0;
  bool broken_ = false;  // the line began with a soft line break
};

std::string quoted_printable(std::string_view text);

// Text that may travel as it is: no octet but printable US-ASCII, tab and LF, no line beyond the
// 998 octets of RFC 5322, 2.1.1.
bool is_seven_bit(std::string_view text);

}  // namespace mailchute::mail
