// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tls.h"

#include <openssl/err.h>

#include "net/tls_session.h"

namespace mailchute::net {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// The present error of OpenSSL; a file that cannot be read says so at the bottom of its queue.
tl::unexpected<Error> refused(const std::string& what) {
  const std::string why = words_of(ERR_peek_error());
  ERR_clear_error();
  return failure(Error::Kind::config, what + ": " + why);
}

Context new_context(const SSL_METHOD* method) {
  ERR_clear_error();
  Context context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

Result<TlsContext> TlsContext::client(const std::string& ca_file, bool verify) {
  Context context = new_context(TLS_client_method());
  if (!context) return refused("start TLS");
  const bool loaded = ca_file.empty()
                          ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                          : SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1;
  if (!loaded)
    return refused("read certificates from " + (ca_file.empty() ? "the system" : ca_file));
  SSL_CTX_set_verify(context.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return TlsContext(std::make_unique<Impl>(Impl{std::move(context)}));
}

Result<TlsContext> TlsContext::server(const std::string& certificate_file,
                                      const std::string& key_file) {
  Context context = new_context(TLS_server_method());
  if (!context) return refused("start TLS");
  SSL_CTX* const handle = context.get();
  if (SSL_CTX_use_certificate_chain_file(handle, certificate_file.c_str()) != 1) {
    return refused("read certificate " + certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(handle, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refused("read private key " + key_file);
  }
  return TlsContext(std::make_unique<Impl>(Impl{std::move(context)}));
}

}  // namespace mailchute::net
