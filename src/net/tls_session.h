// SPDX-License-Identifier: GPL-3.0-or-later
// One TLS connection as OpenSSL sees it, made ready for its handshake, and OpenSSL's errors in
// words. Private to net/.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "net/tls.h"

namespace mailchute::net {

struct TlsContext::Impl {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{nullptr, SSL_CTX_free};
};

using TlsSession = std::unique_ptr<SSL, decltype(&SSL_free)>;

// A client's session sends `name` (or address) to the server and holds the certificate against it,
// whether or not the context insists.
Result<TlsSession> new_session(const TlsContext& context, const std::string& name);

TlsFacts facts_of(SSL* session);

// `code` as of ERR_get_error(): "the peer sent the alert: unknown CA", "wrong version number".
std::string words_of(unsigned long code);

// Why the handshake failed; what was found wrong with the certificate, if it was that.
Error handshake_error(SSL* session, unsigned long code);

}  // namespace mailchute::net
