// SPDX-License-Identifier: GPL-3.0-or-later
// SASL mechanisms, the client's side (RFC 4954, RFC 4616 PLAIN, LOGIN as servers speak it):
// challenges in, responses out, all without base64.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mailchute::smtp {

struct Credentials {
  std::string user;
  std::string_view password;  // borrowed: the owner of the secret outlives the session
};

class SaslMechanism {
 public:
  virtual ~SaslMechanism() = default;
  virtual std::string_view name() const = 0;
  // Sent with the AUTH command; nothing where the server speaks first.
  virtual std::optional<std::string> initial_response() = 0;
  virtual Result<std::string> respond(std::string_view challenge) = 0;
};

// The best of what the server offers that is also in `allowed` (upper case, best first); null when
// there is none.
std::unique_ptr<SaslMechanism> choose_mechanism(const std::vector<std::string>& offered,
                                                const std::vector<std::string>& allowed,
                                                const Credentials& credentials);

// Whether a server repeats the password, as it is or as it is sent, or the beginning of what was
// sent: such words must not get into a log.
bool reveals_password(std::string_view text, const Credentials& credentials);

std::string base64_encode(std::string_view octets);
std::optional<std::string> base64_decode(std::string_view text);

// For what held a password: overwrites the octets in a way that the compiler keeps.
void wipe(std::string& text);

}  // namespace mailchute::smtp
