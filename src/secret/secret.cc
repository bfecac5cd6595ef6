// SPDX-License-Identifier: GPL-3.0-or-later
#include "secret/secret.h"

#include <sodium.h>

#include <cstring>

namespace mailchute::secret {

void Secret::Free::operator()(char* memory) const { sodium_free(memory); }  // wipes it

Result<Secret> Secret::from(std::string_view text) {
  static const bool ready = sodium_init() >= 0;
  if (!ready) return failure(Error::Kind::system, "libsodium: no source of random numbers");
  Secret secret;
  if (text.empty()) return secret;
  secret.memory_.reset(static_cast<char*>(sodium_malloc(text.size())));
  if (!secret.memory_) return failure(Error::Kind::temporary, "no memory for a password");
  std::memcpy(secret.memory_.get(), text.data(), text.size());
  sodium_mprotect_readonly(secret.memory_.get());
  secret.size_ = text.size();
  return secret;
}

std::string_view Secret::reveal() const {
  return memory_ ? std::string_view(memory_.get(), size_) : std::string_view();
}

void wipe(std::string& text) {
  text.resize(text.capacity());  // what was longer once may still be there
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace mailchute::secret
