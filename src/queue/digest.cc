// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/digest.h"

#include <sodium.h>

#include <cstdlib>

namespace mailchute::queue {
namespace {

// Any value would do, but it must stay the same for as long as there are queues.
constexpr std::array<unsigned char, crypto_onetimeauth_KEYBYTES> kKey = {
    'm', 'a', 'i', 'l', 'c', 'h', 'u', 't', 'e', ' ', 'q', 'u', 'e', 'u', 'e', '1'};

}  // namespace

void prepare_digests() {
  if (::sodium_init() < 0) std::abort();
}

struct DigestBuilder::State {
  crypto_onetimeauth_state poly1305;
};

DigestBuilder::DigestBuilder() : state_(std::make_unique<State>()) {
  ::crypto_onetimeauth_init(&state_->poly1305, kKey.data());
}
DigestBuilder::~DigestBuilder() = default;
DigestBuilder::DigestBuilder(DigestBuilder&&) noexcept = default;
DigestBuilder& DigestBuilder::operator=(DigestBuilder&&) noexcept = default;

void DigestBuilder::update(std::string_view octets) {
  const auto* data = reinterpret_cast<const unsigned char*>(octets.data());
  ::crypto_onetimeauth_update(&state_->poly1305, data, octets.size());
}

Digest DigestBuilder::finish() const {
  Digest digest;
  crypto_onetimeauth_state state = state_->poly1305;
  ::crypto_onetimeauth_final(&state, digest.data());
  return digest;
}

}  // namespace mailchute::queue
