// SPDX-License-Identifier: GPL-3.0-or-later
// Certificates made on the spot.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace mailchute::net {

constexpr long kDay = 24 * 60 * 60;

struct CertificateRequest {
  std::string common_name;
  std::string names;  // as OpenSSL writes them: "DNS:mail.example.org,IP:127.0.0.1"; empty: none
  long valid_from = -kDay;  // seconds from now
  long valid_to = kDay;
};

class Certificate {
 public:
  // Signed by `issuer`; without one it is a CA's own.
  explicit Certificate(const CertificateRequest& request, const Certificate* issuer = nullptr)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    static long serial = 0;
    X509* const x = certificate_.get();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), request.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(x), request.valid_to);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(request.common_name.c_str()),
                               -1, -1, 0);
    const Certificate& signer = issuer != nullptr ? *issuer : *this;
    X509_set_issuer_name(x, X509_get_subject_name(signer.certificate_.get()));
    X509_set_pubkey(x, key_.get());
    if (issuer == nullptr) extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!request.names.empty()) extend(NID_subject_alt_name, request.names);
    if (X509_sign(x, signer.key_.get(), EVP_sha256()) == 0) throw std::runtime_error("X509_sign");
  }

  void write(const std::string& certificate_file, const std::string& key_file = {}) const {
    const File out(certificate_file);
    PEM_write_X509(out.get(), certificate_.get());
    if (key_file.empty()) return;
    const File key(key_file);
    PEM_write_PrivateKey(key.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }

 private:
  class File {
   public:
    explicit File(const std::string& path) : file_(std::fopen(path.c_str(), "w")) {
      if (file_ == nullptr) throw std::runtime_error("create " + path);
    }
    ~File() { std::fclose(file_); }
    File(const File&) = delete;
    std::FILE* get() const { return file_; }

   private:
    std::FILE* file_;
  };

  void extend(int nid, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()), X509_EXTENSION_free);
    if (!extension) throw std::runtime_error("extension " + value);
    X509_add_ext(certificate_.get(), extension.get(), -1);
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

}  // namespace mailchute::net
