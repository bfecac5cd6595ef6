// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tls_session.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "net/socket_address.h"

namespace mailchute::net {
namespace {

constexpr std::size_t kNamesShown = 3;     // of a certificate that has others than the wanted one
constexpr std::size_t kLongestName = 100;  // of which so much; RFC 1035 allows 253

// Goes with a client's session and is freed with it.
struct Verification {
  std::string name;     // wanted
  std::string problem;  // the first one found, in words
};

void free_verification(void*, void* verification, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Verification*>(verification);
}

int verification_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_verification);
  return index;
}

Verification* verification_of(const SSL* session) {
  return static_cast<Verification*>(SSL_get_ex_data(session, verification_index()));
}

// A name inside a certificate is the peer's text.
std::string printable(const ASN1_STRING* text) {
  const auto* octets = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
  const auto length = static_cast<std::size_t>(ASN1_STRING_length(text));
  return escaped(std::string_view(octets, length).substr(0, kLongestName));
}

std::string printable_address(const ASN1_OCTET_STRING* address) {
  const auto octets = reinterpret_cast<const char*>(ASN1_STRING_get0_data(address));
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (ASN1_STRING_length(address) == sizeof v4.sin_addr) {
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, octets, sizeof v4.sin_addr);
    return SocketAddress::of(reinterpret_cast<sockaddr*>(&v4), sizeof v4).host();
  }
  if (ASN1_STRING_length(address) != sizeof v6.sin6_addr) return "an odd address";
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, octets, sizeof v6.sin6_addr);
  return SocketAddress::of(reinterpret_cast<sockaddr*>(&v6), sizeof v6).host();
}

// The names and addresses that a certificate is for; its common name if it lists none.
std::vector<std::string> names_in(X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> list(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    const GENERAL_NAME* entry = sk_GENERAL_NAME_value(list.get(), i);
    if (entry->type == GEN_DNS) names.push_back(printable(entry->d.dNSName));
    if (entry->type == GEN_IPADD) names.push_back(printable_address(entry->d.iPAddress));
  }
  if (!names.empty()) return names;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) {
    names.push_back(printable(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  }
  return names;
}

std::string wrong_name(const std::string& wanted, X509* certificate) {
  const std::vector<std::string> names = names_in(certificate);
  std::string text = "certificate of " + wanted + " is not valid for that name: it is for ";
  if (names.empty()) text += "none";
  for (std::size_t i = 0; i < names.size() && i < kNamesShown; ++i) {
    if (i > 0) text += ", ";
    text += names[i];
  }
  if (names.size() > kNamesShown) {
    text += " and " + std::to_string(names.size() - kNamesShown) + " more";
  }
  return text + "; check host, or set tls_name";
}

std::string date_of(const ASN1_TIME* time) {
  std::tm date{};
  char text[sizeof "-2147483648-12-31"] = "";
  if (ASN1_TIME_to_tm(time, &date) == 1) std::strftime(text, sizeof text, "%Y-%m-%d", &date);
  return text;
}

// What a person can do about it, where that is clear.
std::string advice(int error, X509* certificate) {
  switch (error) {
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "; set ca_file if the smart host uses a CA of your own";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return " on " + date_of(X509_get0_notAfter(certificate)) +
             "; the smart host needs a new one, unless the clock here is wrong";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return " before " + date_of(X509_get0_notBefore(certificate)) + "; is the clock right?";
    default: return {};
  }
}

std::string problem_in(X509_STORE_CTX* store, const std::string& wanted) {
  const int error = X509_STORE_CTX_get_error(store);
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  if (certificate != nullptr &&
      (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)) {
    return wrong_name(wanted, certificate);
  }
  std::string text = "certificate verify failed: ";
  text += X509_verify_cert_error_string(error);
  return certificate != nullptr ? text + advice(error, certificate) : text;
}

int note_problem(int valid, X509_STORE_CTX* store) {
  const auto* session = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  Verification* const verification = verification_of(session);
  if (valid != 1 && verification != nullptr && verification->problem.empty()) {
    verification->problem = problem_in(store, verification->name);
  }
  return valid;
}

// RFC 6066, 3: names only, and without the final dot.
bool expect_name(SSL* session, const std::string& name) {
  X509_VERIFY_PARAM* const rules = SSL_get0_param(session);
  if (const auto address = SocketAddress::parse(name, 0)) {
    return X509_VERIFY_PARAM_set1_ip_asc(rules, address->host().c_str()) == 1;
  }
  std::string_view host = name;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return false;  // OpenSSL would take it for "any name"
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size()) == 1 &&
         SSL_set_tlsext_host_name(session, std::string(host).c_str()) == 1;
}

}  // namespace

Result<TlsSession> new_session(const TlsContext& context, const std::string& name) {
  ERR_clear_error();
  TlsSession session(SSL_new(context.impl().context.get()), SSL_free);
  if (!session) {
    return failure(Error::Kind::temporary, "start TLS: " + words_of(ERR_get_error()));
  }
  if (SSL_is_server(session.get()) == 1) return session;
  if (!expect_name(session.get(), name)) {
    return failure(Error::Kind::config, "start TLS: \"" + name + "\" is not the name of a host");
  }
  auto verification = std::make_unique<Verification>(Verification{name, {}});
  if (SSL_set_ex_data(session.get(), verification_index(), verification.get()) == 1) {
    verification.release();
  }
  SSL_set_verify(session.get(), SSL_get_verify_mode(session.get()), note_problem);
  return session;
}

TlsFacts facts_of(SSL* session) {
  const bool verified = SSL_is_server(session) == 0 &&
                        SSL_get0_peer_certificate(session) != nullptr &&
                        SSL_get_verify_result(session) == X509_V_OK;
  return {SSL_get_version(session), SSL_get_cipher_name(session), verified};
}

std::string words_of(unsigned long code) {
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
    return std::string("the peer sent the alert: ") +
           SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
  }
  const char* const words = ERR_reason_error_string(code);
  if (words == nullptr) return "error " + std::to_string(reason);
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return words;
  if (reason == SSL_R_UNSUPPORTED_PROTOCOL) return std::string(words) + " (older than TLS 1.2)";
  return words;
}

Error handshake_error(SSL* session, unsigned long code) {
  const Verification* const verification = verification_of(session);
  const bool certificate =
      ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  if (certificate && verification != nullptr && !verification->problem.empty()) {
    return {Error::Kind::protocol, verification->problem};
  }
  std::string text = "TLS handshake failed: " + words_of(code);
  // Clear text. Later that can happen too: Exim 4.96 says its last words so when it has had enough.
  const bool clear_text =
      ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER;
  if (clear_text) text += " (is this a port for TLS?)";
  return {Error::Kind::protocol, std::move(text)};
}

}  // namespace mailchute::net
