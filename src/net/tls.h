// SPDX-License-Identifier: GPL-3.0-or-later
// What a TLS connection must be like (client) or shows (server). TLS 1.2 or newer always.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"

namespace mailchute::net {

class TlsContext {
 public:
  // `ca_file` empty: the system's store. Without `verify` any certificate will do.
  static Result<TlsContext> client(const std::string& ca_file, bool verify);
  static Result<TlsContext> server(const std::string& certificate_file,
                                   const std::string& key_file);
  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;
  ~TlsContext();

  struct Impl;
  Impl& impl() const { return *impl_; }

 private:
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct TlsFacts {
  std::string version;  // "TLSv1.3"
  std::string cipher;
  bool verified = false;  // chain and name
};

}  // namespace mailchute::net
