// SPDX-License-Identifier: GPL-3.0-or-later
#include "smtp/sasl.h"

#include <sodium.h>

#include <algorithm>

#include "base/text.h"

namespace mailchute::smtp {
namespace {

tl::unexpected<Error> asked_too_often(std::string_view mechanism) {
  return failure(Error::Kind::protocol,
                 "AUTH " + std::string(mechanism) + ": the server asks for more than there is");
}

// RFC 4616: authorization identity (empty: the user's own), user, password.
class Plain : public SaslMechanism {
 public:
  explicit Plain(const Credentials& credentials) : credentials_(credentials) {}
  std::string_view name() const override { return "PLAIN"; }

  std::optional<std::string> initial_response() override {
    std::string response;
    // In one piece: growing would leave copies of the password behind.
    response.reserve(2 + credentials_.user.size() + credentials_.password.size());
    response.append(1, '\0').append(credentials_.user);
    response.append(1, '\0').append(credentials_.password);
    return response;
  }

  Result<std::string> respond(std::string_view) override { return asked_too_often(name()); }

 private:
  Credentials credentials_;
};

// Two challenges; their text differs from server to server and means nothing.
class Login : public SaslMechanism {
 public:
  explicit Login(const Credentials& credentials) : credentials_(credentials) {}
  std::string_view name() const override { return "LOGIN"; }
  std::optional<std::string> initial_response() override { return std::nullopt; }

  Result<std::string> respond(std::string_view) override {
    switch (challenges_++) {
      case 0: return credentials_.user;
      case 1: return std::string(credentials_.password);
      default: return asked_too_often(name());
    }
  }

 private:
  Credentials credentials_;
  int challenges_ = 0;
};

std::unique_ptr<SaslMechanism> make_mechanism(std::string_view name,
                                              const Credentials& credentials) {
  if (name == "PLAIN") return std::make_unique<Plain>(credentials);
  if (name == "LOGIN") return std::make_unique<Login>(credentials);
  return nullptr;
}

}  // namespace

std::unique_ptr<SaslMechanism> choose_mechanism(const std::vector<std::string>& offered,
                                                const std::vector<std::string>& allowed,
                                                const Credentials& credentials) {
  for (const auto& name : allowed) {
    if (std::ranges::find(offered, name) == offered.end()) continue;
    if (auto mechanism = make_mechanism(name, credentials)) return mechanism;
  }
  return nullptr;
}

bool reveals_password(std::string_view text, const Credentials& credentials) {
  constexpr std::size_t kBeginning = 8;  // a server may cut what it repeats
  if (credentials.password.empty()) return false;
  const std::string said = to_lower(text);
  std::string plain = *Plain(credentials).initial_response();
  std::string forms[] = {to_lower(credentials.password), base64_encode(plain),
                         base64_encode(credentials.password)};
  wipe(plain);
  bool found = said.find(forms[0]) != std::string::npos;
  for (std::string& form : forms) {
    const std::string beginning = to_lower(std::string_view(form).substr(0, kBeginning));
    found = found || (&form != forms && said.find(beginning) != std::string::npos);
    wipe(form);
  }
  return found;
}

std::string base64_encode(std::string_view octets) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_encoded_len(octets.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(octets.data()),
                    octets.size(), kVariant);
  text.pop_back();  // its NUL
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string octets(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const int status =
      sodium_base642bin(reinterpret_cast<unsigned char*>(octets.data()), octets.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (status != 0) {
    wipe(octets);
    return std::nullopt;
  }
  octets.resize(size);
  return octets;
}

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace mailchute::smtp
