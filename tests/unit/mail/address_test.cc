// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

using namespace std::string_literals;

struct Form {
  Address address;
  std::string_view text;
};

TEST(Address, LocalPartIsQuotedWhereItMustBe) {
  for (const Form& form : {
           Form{{"root", ""}, "root"},
           Form{{"a.b+c", "x.example"}, "a.b+c@x.example"},
           Form{{"two words", "x"}, "\"two words\"@x"},
           Form{{"a..b", "x"}, "\"a..b\"@x"},
           Form{{".a", "x"}, "\".a\"@x"},
           Form{{"a.", "x"}, "\"a.\"@x"},
           Form{{"a@b", "x"}, "\"a@b\"@x"},
           Form{{"say \"hi\\", "x"}, "\"say \\\"hi\\\\\"@x"},
           Form{{"größe", "exämple.org"}, "größe@exämple.org"},
           Form{{"a", "[192.0.2.1]"}, "a@[192.0.2.1]"},
       }) {
    EXPECT_EQ(form.address.text(), form.text);
  }
}

struct Refusal {
  Address address;
  std::string_view reason;
};

TEST(Address, WhatCannotBeOneIsNamed) {
  for (const Refusal& refusal : {
           Refusal{{"", ""}, "empty address"},
           Refusal{{"", "x"}, "nothing before the '@'"},
           Refusal{{"a\nb", "x"}, "control character in an address"},
           Refusal{{"a", "x\r\ny"}, "control character in an address"},
           Refusal{{"a\0b"s, "x"}, "control character in an address"},
           Refusal{{"a\x7f", ""}, "control character in an address"},
           Refusal{{"a", ".x"}, "empty part in the domain"},
           Refusal{{"a", "x..y"}, "empty part in the domain"},
           Refusal{{"a", "x y"}, "' ' in the domain"},
           Refusal{{"a", "x>y"}, "'>' in the domain"},
           Refusal{{"a", "[x"}, "malformed address literal"},
           Refusal{{"a", "[]"}, "malformed address literal"},
           Refusal{{"a", "[x]>[y]"}, "malformed address literal"},
           Refusal{{std::string(kMaxAddress, 'a'), "x"}, "longer than 1024 octets"},
       }) {
    const auto checked = check(refusal.address);
    ASSERT_FALSE(checked) << refusal.reason;
    EXPECT_EQ(checked.error().text, refusal.reason);
    EXPECT_EQ(checked.error().kind, Error::Kind::data);
  }
}

TEST(Address, WhatCanBeOneIsNotRefused) {
  for (const Address& address :
       {Address{"root", ""}, Address{"|prog", "x"}, Address{"a b", "x_y.example"},
        Address{"a", "[IPv6:2001:db8::1]"}, Address{"ä", "ö.example"},
        Address{std::string(kMaxAddress - 2, 'a'), "x"}}) {
    EXPECT_TRUE(check(address)) << address.text();
  }
}

TEST(Address, OnlyBareNamesAreQualified) {
  EXPECT_EQ(qualified({"root", ""}, "example.org").text(), "root@example.org");
  EXPECT_EQ(qualified({"root", "here"}, "example.org").text(), "root@here");
}

TEST(Address, MailboxesAreTheSameWhateverTheCaseOfTheDomain) {
  EXPECT_EQ(mailbox_key({"Me", "Example.ORG"}), mailbox_key({"Me", "example.org"}));
  EXPECT_NE(mailbox_key({"Me", "example.org"}), mailbox_key({"me", "example.org"}));
}

TEST(Quoted, HasNoControlCharacters) { EXPECT_EQ(quoted("a\r\nb\"c"), "\"a  b\\\"c\""); }

TEST(Address, OfThisMachineAreLocal) {
  for (const auto domain : {"", "localhost", "LocalHost", "localhost.localdomain", "web1.example.org", "WEB1.example.org"})
    EXPECT_TRUE(is_local({"a", domain}, "web1.example.org")) << domain;
  for (const auto domain : {"web1", "example.org", "localhost.example.org", "[127.0.0.1]"})
    EXPECT_FALSE(is_local({"a", domain}, "web1.example.org")) << domain;
}

}  // namespace
}  // namespace mailchute::mail
