// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/queue_id.h"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace mailchute::queue {
namespace {

// No I, L, O, U: ids are read out over the telephone.
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kRandomOctets = 16;

}  // namespace

std::string new_queue_id() {
  std::array<unsigned char, kRandomOctets> random{};
  ::randombytes_buf(random.data(), random.size());
  std::string id;
  id.reserve(kQueueIdLength);
  // The first character gets the three bits that do not fill one, so that every id begins with a
  // digit: scripts count the lines of mailq that begin with one of 0-9A-F.
  unsigned pending = 0;
  int bits = 2;
  for (const unsigned char octet : random) {
    pending = pending << 8 | octet;
    for (bits += 8; bits >= 5; bits -= 5) id += kAlphabet[pending >> (bits - 5) & 31];
  }
  return id;
}

bool is_queue_id(std::string_view name) {
  return name.size() == kQueueIdLength && name.front() <= '7' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return kAlphabet.find(c) != std::string_view::npos; });
}

}  // namespace mailchute::queue
