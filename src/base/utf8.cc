// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/utf8.h"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace mailchute {
namespace {

// What the first octet says: how many follow, and the least code point that needs so many.
struct Lead {
  std::size_t following;
  std::uint32_t bits;
  std::uint32_t least;
};

bool read_lead(unsigned char c, Lead& lead) {
  if (c < 0x80) lead = {0, c, 0};
  else if (c >= 0xc0 && c < 0xe0) lead = {1, c & 0x1fU, 0x80};
  else if (c >= 0xe0 && c < 0xf0) lead = {2, c & 0x0fU, 0x800};
  else if (c >= 0xf0 && c < 0xf8) lead = {3, c & 0x07U, 0x10000};
  else return false;
  return true;
}

bool take_character(std::string_view& text) {
  Lead lead{};
  if (!read_lead(static_cast<unsigned char>(text[0]), lead)) return false;
  if (text.size() <= lead.following) return false;
  std::uint32_t point = lead.bits;
  for (std::size_t i = 1; i <= lead.following; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xc0) != 0x80) return false;
    point = point << 6 | (c & 0x3fU);
  }
  text.remove_prefix(lead.following + 1);
  const bool surrogate = point >= 0xd800 && point < 0xe000;
  return point >= lead.least && point <= 0x10ffff && !surrogate;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty())
    if (!take_character(text)) return false;
  return true;
}

void Utf8Checker::feed(std::string_view text) {
  std::string joined;
  if (!unfinished_.empty()) {
    joined = std::exchange(unfinished_, {}).append(text);
    text = joined;
  }
  // A character at the end may go on in the next piece: at most three octets of it are here.
  std::size_t start = text.size();
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    Lead lead{};
    const auto c = static_cast<unsigned char>(text[text.size() - back]);
    if (c < 0x80 || (read_lead(c, lead) && lead.following < back)) break;
    if (c >= 0xc0) start = text.size() - back;
    if (c >= 0xc0) break;
  }
  valid_ = valid_ && is_utf8(text.substr(0, start));
  unfinished_ = text.substr(start);
}

}  // namespace mailchute
