// SPDX-License-Identifier: GPL-3.0-or-later
// The one place where line ends and dots change (RFC 5321, 4.5.2): LF becomes CRLF, a dot at the
// start of a line is doubled, NUL and a CR that is no part of a line end become a space, so that no
// bare CR or LF ever leaves. The same octets come out however the input is cut.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::smtp {

class MessageEncoder {
 public:
  // Appends to `wire`. `text` has LF line ends.
  void encode(std::string_view text, std::string& wire);
  // A missing last line end, then the final dot.
  void finish(std::string& wire);

 private:
  void encode_lines(std::string_view text, std::string& wire);  // without CR

  bool at_line_start_ = true;
};

}  // namespace mailchute::smtp
