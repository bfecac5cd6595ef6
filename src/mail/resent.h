// SPDX-License-Identifier: GPL-3.0-or-later
// Resent- fields (RFC 5322, 3.6.6): the topmost block says who sends the message again now, and to
// whom; the blocks below it are history.
#pragma once

#include <cstddef>
#include <string_view>

#include "mail/header.h"

namespace mailchute::mail {

inline constexpr std::string_view kResent = "Resent-";

// A run of fields, [begin, end); empty when nobody resent the message.
struct ResentBlock {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool empty() const { return begin == end; }
};

// The first run of Resent- fields; a field name that comes again begins the next block.
ResentBlock first_resent_block(const Header& header);

}  // namespace mailchute::mail
