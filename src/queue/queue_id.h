// SPDX-License-Identifier: GPL-3.0-or-later
// A queue id is 128 random bits in a fixed alphabet: nobody can guess the name of another user's
// entry, and whatever else lies in the drop directory is no entry. Digits and capital letters, a
// digit first, as tools that read mailq expect.
#pragma once

#include <string>
#include <string_view>

namespace mailchute::queue {

inline constexpr std::size_t kQueueIdLength = 26;  // 26 * 5 bits hold 128

// From the kernel's random source.
std::string new_queue_id();
bool is_queue_id(std::string_view name);

}  // namespace mailchute::queue
