// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address_field.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace mailchute::mail {
namespace {

TEST(AddressField, ShortOnesStandInALine) {
  EXPECT_EQ(address_field("From", {{"", "a@b"}}), "From: a@b\n");
  EXPECT_EQ(address_field("From", {{"A B", "a@b"}, {"", "c@d"}, {"\"E\"", "e@f"}}), "From: A B <a@b>, c@d, \"E\" <e@f>\n");
  EXPECT_EQ(address_field("From", {{"=?X?Q?a?=\n =?X?Q?b?=", "a@b"}}), "From: =?X?Q?a?=\n =?X?Q?b?= <a@b>\n");
}

TEST(AddressField, LongOnesAreFolded) {
  const std::string local(60, 'a');
  EXPECT_EQ(address_field("Reply-To", {{"Some Body", local + "@b"}, {"", local + "@c"}}),
            "Reply-To: Some Body\n <" + local + "@b>,\n " + local + "@c\n");
  const std::string name = "\"" + std::string(514, 'n') + "\"";
  const std::string address(kMaxAddressInField, 'a');
  for (const std::string_view line : split(address_field("Resent-Reply-To", {{name, address}, {name, address}}), '\n'))
    EXPECT_LE(line.size(), 998u);
}

TEST(AddressField, ChosenAddressesGetTheDomain) {
  const auto bare = [](const Address& address) { return address.bare(); };
  EXPECT_EQ(readdressed({"From: bob (Bob),\n a@b\n"}, "d", bare), "From: bob@d (Bob),\n a@b\n");
  EXPECT_EQ(readdressed({"From: a@b\n"}, "d", bare), std::nullopt);
  EXPECT_EQ(readdressed({"From: " + std::string(kMaxAddressInField, 'x') + "\n"}, "d", bare), std::nullopt);
  EXPECT_EQ(readdressed({"From: (" + std::string(900, 'c') + ") " + std::string(80, 'x') + "\n"}, "d.example", bare),
            "From:\n (" + std::string(900, 'c') + ")\n " + std::string(80, 'x') + "@d.example\n");
}

}  // namespace
}  // namespace mailchute::mail
