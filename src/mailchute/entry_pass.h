// SPDX-License-Identifier: GPL-3.0-or-later
// One pass over the file of an entry (queue/format.h), wherever its octets come from: first its
// head, then its message in pieces, held against the checksum at the end. Constant memory but for
// the head.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "queue/control.h"
#include "queue/format.h"

namespace mailchute {

// From an offset on.
using Pieces = std::function<Result<queue::Piece>(std::uint64_t offset)>;
// Of an open file.
Pieces pieces_of_file(int fd, std::string name);

struct EntryUser {
  std::function<Result<>(const queue::Head& head, std::string_view octets)> head;
  std::function<Result<>(std::string_view octets)> message;
};
// An error of kind data: it is no entry, damaged, or was changed meanwhile, and what the user got
// of it counts for nothing.
Result<> pass_over(const Pieces& pieces, const EntryUser& user);

}  // namespace mailchute
