// SPDX-License-Identifier: GPL-3.0-or-later
// What fuzz targets share. Each takes a few octets from the front that say how to go about it; the
// rest is the text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace mailchute::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : text_(reinterpret_cast<const char*>(data), size) {}

  // Zero at the end.
  unsigned octet() {
    if (text_.empty()) return 0;
    const char c = text_.front();
    text_.remove_prefix(1);
    return static_cast<unsigned char>(c);
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

// In pieces of different lengths, short for small seeds; in one for 0.
inline std::vector<std::string_view> cut(std::string_view text, unsigned seed) {
  std::vector<std::string_view> pieces;
  unsigned state = seed;
  while (seed != 0 && !text.empty()) {
    state = state * 1103515245 + 12345;
    pieces.push_back(text.substr(0, 1 + (state >> 16) % seed));
    text.remove_prefix(pieces.back().size());
  }
  if (!text.empty()) pieces.push_back(text);
  return pieces;
}

inline bool printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), is_control);
}

}  // namespace mailchute::fuzz
