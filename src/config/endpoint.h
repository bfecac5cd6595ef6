// SPDX-License-Identifier: GPL-3.0-or-later
// Where to listen, as people write it: "localhost:25", "127.0.0.1:25", "[::1]:587", "*:25". Names
// other than localhost are none: an address must not depend on a DNS that comes later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailchute::config {

struct Endpoint {
  std::string host;  // "localhost", "*", or an address without brackets
  std::uint16_t port = 0;

  bool loopback() const;     // nobody but this machine can connect
  std::string text() const;  // as it is written
};

// Nothing for anything else, and for port 0.
std::optional<Endpoint> parse_endpoint(std::string_view text);

}  // namespace mailchute::config
