// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/endpoint.h"

#include <gtest/gtest.h>

namespace mailchute::config {
namespace {

TEST(Endpoint, IsWrittenAsItIsRead) {
  for (const char* const text : {"localhost:25", "127.0.0.1:587", "[::1]:25", "*:25", "0.0.0.0:1",
                                 "[::]:65535", "192.0.2.1:25"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->text(), text);
  }
}

TEST(Endpoint, IsNothingElse) {
  for (const char* const text :
       {"", "25", ":25", "localhost", "localhost:", "localhost:0", "localhost:65536", "::1:25",
        "[127.0.0.1]:25", "[::1]", "mail.example.org:25", "localhost:25 ", "127.1:25", "localhost:+5"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

TEST(Endpoint, KnowsWhoCanConnect) {
  for (const char* const text : {"localhost:25", "127.0.0.1:25", "127.9.9.9:25", "[::1]:25", "[0:0::0:1]:25"})
    EXPECT_TRUE(parse_endpoint(text)->loopback()) << text;
  for (const char* const text : {"*:25", "0.0.0.0:25", "[::]:25", "10.0.0.127:25", "[::ffff:127.0.0.1]:25"})
    EXPECT_FALSE(parse_endpoint(text)->loopback()) << text;
}

}  // namespace
}  // namespace mailchute::config
