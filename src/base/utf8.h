// SPDX-License-Identifier: GPL-3.0-or-later
// UTF-8 as RFC 3629 has it: shortest form only, no surrogates, nothing above U+10FFFF.
#pragma once

#include <string>
#include <string_view>

namespace mailchute {

bool is_utf8(std::string_view text);

// The same for text in pieces, cut anywhere.
class Utf8Checker {
 public:
  void feed(std::string_view text);
  // Of all so far: nothing wrong, and no character left unfinished.
  bool valid() const { return valid_ && unfinished_.empty(); }

 private:
  std::string unfinished_;  // a character that was cut
  bool valid_ = true;
};

}  // namespace mailchute
