// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/outbox.h"

#include <openssl/crypto.h>

#include <utility>

namespace mailchute::net {
namespace {

// The whole of what the string has room for: a string that was moved from may hold its old content.
void wipe(std::string& octets) {
  octets.resize(octets.capacity());
  OPENSSL_cleanse(octets.data(), octets.size());
}

}  // namespace

void Outbox::add(std::string octets, bool sensitive) {
  if (!octets.empty() && !dropped_) {
    unsent_ += octets.size();
    if (!holding_) ++open_;
    Chunk& chunk = chunks_.emplace_back();
    chunk.octets = std::move(octets);
    chunk.sensitive = sensitive;
  }
  if (sensitive) wipe(octets);
}

void Outbox::release() {
  holding_ = false;
  open_ = chunks_.size();
}

std::vector<std::string_view> Outbox::next() {
  std::vector<std::string_view> batch;
  while (writing_ < open_) {
    const Chunk& chunk = chunks_[writing_];
    if (chunk.sensitive && writing_ > 0) break;
    batch.push_back(chunk.octets);
    ++writing_;
    if (chunk.sensitive) break;
  }
  return batch;
}

void Outbox::written() { remove_front(writing_); }

void Outbox::drop() {
  dropped_ = true;
  for (Chunk& chunk : chunks_) {
    if (chunk.sensitive) OPENSSL_cleanse(chunk.octets.data(), chunk.octets.size());
  }
  while (chunks_.size() > writing_) chunks_.pop_back();
  open_ = writing_;
  unsent_ = 0;
}

void Outbox::remove_front(std::size_t count) {
  for (; count > 0; --count) {
    Chunk& chunk = chunks_.front();
    if (!dropped_) unsent_ -= chunk.octets.size();
    if (chunk.sensitive) wipe(chunk.octets);
    chunks_.pop_front();
    --writing_;
    --open_;
  }
}

}  // namespace mailchute::net
