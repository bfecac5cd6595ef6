// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/outbox.h"

#include <openssl/crypto.h>

#include <utility>

namespace mailchute::net {

void Outbox::add(std::string octets, bool sensitive) {
  if (octets.empty()) return;
  unsent_ += octets.size();
  (holding_ ? held_ : waiting_).push_back({std::move(octets), sensitive});
  if (!sensitive) return;
  octets.resize(octets.capacity());  // what moving a short string has left behind
  OPENSSL_cleanse(octets.data(), octets.size());
}

void Outbox::release() {
  holding_ = false;
  waiting_.swap(held_);
}

std::vector<std::string_view> Outbox::next() {
  writing_.swap(waiting_);
  const auto sensitive = [](const Chunk& chunk) { return chunk.sensitive; };
  std::size_t count = 0;
  while (count < writing_.size() && !sensitive(writing_[count])) ++count;
  if (count == 0) count = 1;
  while (writing_.size() > count) {
    waiting_.push_front(std::move(writing_.back()));
    writing_.pop_back();
  }
  return {};
}

}  // namespace mailchute::net
