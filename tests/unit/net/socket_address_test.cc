// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/socket_address.h"

#include <gtest/gtest.h>
#include <sys/un.h>

namespace mailchute::net {
namespace {

TEST(SocketAddress, ReadsAndWritesLiterals) {
  const struct {
    const char* literal;
    const char* host;
    const char* text;
  } cases[] = {
      {"127.0.0.1", "127.0.0.1", "127.0.0.1:587"},
      {"::1", "::1", "[::1]:587"},
      {"[::1]", "::1", "[::1]:587"},
      {"2001:DB8:0:0::1", "2001:db8::1", "[2001:db8::1]:587"},
  };
  for (const auto& c : cases) {
    const auto address = SocketAddress::parse(c.literal, 587);
    ASSERT_TRUE(address) << c.literal;
    EXPECT_EQ(address->host(), c.host);
    EXPECT_EQ(address->text(), c.text);
    EXPECT_EQ(address->port(), 587);
  }
}

TEST(SocketAddress, TakesNothingElseForALiteral) {
  for (const char* text : {"", "[]", "mail.example.org", "127.1", "[127.0.0.1]", "::1]",
                           "1.2.3.4.5", "1.2.3.4 ", "::1%lo"}) {
    EXPECT_FALSE(SocketAddress::parse(text, 1)) << text;
  }
}

TEST(SocketAddress, HasNoTextForOtherFamilies) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto other = SocketAddress::of(reinterpret_cast<sockaddr*>(&address), sizeof address);
  EXPECT_EQ(other.text(), "");
  EXPECT_EQ(other.port(), 0);
}

}  // namespace
}  // namespace mailchute::net
