// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address_list.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string joined(const AddressList& list) {
  std::string out;
  for (const ListedAddress& listed : list.addresses) {
    out += (out.empty() ? "" : " | ") + listed.address.text();
  }
  return out;
}

struct Reading {
  std::string_view list;
  std::string_view addresses;
};

constexpr Reading kReadings[] = {
    {"", ""},
    {" ,, ; ,", ""},
    {"root", "root"},
    {"a@x", "a@x"},
    {"a@x, b@x", "a@x | b@x"},
    {"a@x; b@x;", "a@x | b@x"},
    {" a @ x ", "a@x"},
    {"<a@x>", "a@x"},
    {"< a @ x >", "a@x"},
    {"Ann Example <a@x>", "a@x"},
    {"\"Example, Ann\" <a@x>, b", "a@x | b"},
    {"\"a \\\" b, c\" <a@x>", "a@x"},
    {"a@x (Ann, at work)", "a@x"},
    {"(before) a (one (nested \\) two)) @ (x) x (after)", "a@x"},
    {"a@x (never closed, b@x", "a@x"},
    {"root (Cron Daemon)", "root"},
    {"\"two words\"@x", "\"two words\"@x"},
    {"\"plain\"@x", "plain@x"},
    {"\"folded\n name\"@x", "\"folded name\"@x"},
    {"a.b . c@x . y", "a.b.c@x.y"},
    {"\"a\".b@x", "a.b@x"},
    {"a..b@x", "\"a..b\"@x"},
    {"a@x.", "a@x"},
    {"a@[192.0.2.1]", "a@[192.0.2.1]"},
    {"a@[ IPv6:2001:db8::1]", ""},
    {"Team: a@x, b@x; c@x", "a@x | b@x | c@x"},
    {"Team : a@x, Bob <b@x>;", "a@x | b@x"},
    {"undisclosed-recipients:;", ""},
    {"undisclosed recipients: ;, a", "a"},
    {"One: a;, Two: b;", "a | b"},
    {"<@r1,@r2:a@x>", "a@x"},
    {"<@r1:a@x>, b", "a@x | b"},
    {"=?UTF-8?Q?J=C3=B6rg?= <j@x>", "j@x"},
    {"=?UTF-8?Q?Doe,_John?= <j@x>, =?UTF-8?B?YSxi?=\n =?UTF-8?B?Yw==?= <k@x>", "j@x | k@x"},
    {"a@x <b@x>", "b@x"},
    {"Dr. J. <a@x> (x) trailing, b@x", "a@x | b@x"},
    {"a@x,\n\tb@x,\r\n c@x", "a@x | b@x | c@x"},
    {"jörg@exämple.org", "jörg@exämple.org"},
    {"a!b!c%d@x", "a!b!c%d@x"},
    {"'a@x'", ""},
};

TEST(AddressList, FormsOfRfc5322AreRead) {
  for (const Reading& reading : kReadings) {
    EXPECT_EQ(joined(parse_address_list(reading.list)), reading.addresses) << reading.list;
  }
}

struct Refusal {
  std::string_view list;
  std::string_view good;
  std::string_view bad;
  std::string_view reason;
};

const Refusal kRefusals[] = {
    {"two words, b@x", "b@x", "two words", "blank or missing comma in it"},
    {"a@x b@x, c@x", "c@x", "a@x b@x", "blank or missing comma in it"},
    {"a@@x, b", "b", "a@@x", "more than one '@'"},
    {"a@b@c, d", "d", "a@b@c", "more than one '@'"},
    {"@x, b", "b", "@x", "nothing before the '@'"},
    {"a@, b", "b", "a@", "nothing after the '@'"},
    {"a@., b", "b", "a@.", "empty part in the domain"},
    {"<>, b", "b", "<>", "empty address"},
    {"Ann <>, b", "b", "Ann <>", "empty address"},
    {"<a@x, b@x", "b@x", "<a@x", "'<' without its '>'"},
    {"<a <b@x>, c", "c", "<a <b@x>", "'<' without its '>'"},
    {"a@x>, b", "b", "a@x>", "unexpected '>'"},
    {"a\\b@x, b", "b", "a\\b@x", "unexpected '\\'"},
    {"a), b", "b", "a)", "unexpected ')'"},
    {"b, \"never closed, c@x", "b", "\"never closed, c@x", "quote without its end"},
    {"b, a@[1.2", "b", "a@[1.2", "quote without its end"},
    {"a@x:b, c", "c", "a@x:b", "unexpected ':'"},
    {":b, c", "c", ":b", "unexpected ':'"},
    {"a\x01@x, b", "b", "a\x01@x", "control character in an address"},
    {"\"a\x01\"@x, b", "b", "\"a\x01\"@x", "control character in an address"},
    {"a\0@x, b"sv, "b", "a\0@x"sv, "control character in an address"},
    {"a@x/y, b", "b", "a@x/y", "'/' in the domain"},
};

TEST(AddressList, WhatCannotBeAnAddressIsReportedBesideTheOthers) {
  for (const Refusal& refusal : kRefusals) {
    const AddressList list = parse_address_list(refusal.list);
    EXPECT_EQ(joined(list), refusal.good) << refusal.list;
    ASSERT_EQ(list.bad.size(), 1u) << refusal.list;
    EXPECT_EQ(list.bad[0].text, refusal.bad);
    EXPECT_EQ(list.bad[0].reason, refusal.reason) << refusal.list;
  }
}

TEST(AddressList, HugeInputIsRefusedInLinearTime) {
  for (const std::string_view piece :
       {"a ", "(", "\"\\", "a.", "<", ":", "@", "=?a?b?", "[", "a,"}) {
    std::string text;
    while (text.size() < 1 << 20) text += piece;
    const AddressList list = parse_address_list(text);
    for (const BadAddress& bad : list.bad) EXPECT_LE(bad.text.size(), kMaxAddress);
  }
}

TEST(AddressList, NoCutOfAListReadsBeyondIt) {
  for (const Reading& reading : kReadings) {
    for (std::size_t end = 0; end <= reading.list.size(); ++end) {
      const std::string cut(reading.list.substr(0, end));  // a copy: sanitizers watch its end
      for (const ListedAddress& listed : parse_address_list(cut).addresses) {
        EXPECT_LE(listed.end, end);
        EXPECT_TRUE(check(listed.address)) << cut;
      }
    }
  }
}

std::string qualified_list(std::string_view text, std::string_view domain) {
  const auto bare = [](const Address& address) { return address.bare(); };
  return with_domain(text, domain, bare).value_or(std::string(text));
}

struct Qualification {
  std::string_view before;
  std::string_view after;
};

TEST(AddressList, BareNamesAreQualifiedInPlace) {
  for (const Qualification& q : {
           Qualification{" root\n", " root@d\n"},
           Qualification{"root (Cron Daemon)", "root@d (Cron Daemon)"},
           Qualification{"(x) root(y) ,\n\t  bob", "(x) root@d(y) ,\n\t  bob@d"},
           Qualification{"Bob  <bob >,a@x", "Bob  <bob@d >,a@x"},
           Qualification{"Team:a,<b>,\"c d\" ;", "Team:a@d,<b@d>,\"c d\"@d ;"},
           Qualification{"two words, b", "two words, b@d"},
           Qualification{"a@x, \"Q, R\" <b@x>", "a@x, \"Q, R\" <b@x>"},
           Qualification{"undisclosed-recipients:;", "undisclosed-recipients:;"},
           Qualification{"", ""},
       }) {
    EXPECT_EQ(qualified_list(q.before, "d"), q.after);
  }
}

TEST(AddressList, QualifyingTwiceChangesNothing) {
  for (const Reading& reading : kReadings) {
    const std::string once = qualified_list(reading.list, "d");
    EXPECT_EQ(qualified_list(once, "e"), once);
  }
}

TEST(AddressList, TheDomainOfChosenAddressesIsReplaced) {
  const auto at_x = [](const Address& address) { return address.domain == "x"; };
  for (const Qualification& q : {
           Qualification{"a@x", "a@d"},
           Qualification{"Bob (b) < \"b b\" (c) @ x (d)> (e), x@y", "Bob (b) < \"b b\"@d (d)> (e), x@y"},
           Qualification{"Team: a@x. , <@r,@s:b@x>;", "Team: a@d , <@r,@s:b@d>;"},
           Qualification{"a@\n x\n", "a@d\n"},
       }) {
    EXPECT_EQ(with_domain(q.before, "d", at_x), q.after);
  }
  EXPECT_EQ(with_domain("a@y, x, <x", "d", at_x), std::nullopt);
}

TEST(AddressList, SaysWhereEachMailboxStands) {
  const std::string_view text = " A <a@x> (one), b@x (two);G: c@x ;";
  std::vector<std::string_view> found;
  for (const ListedAddress& listed : parse_address_list(text).addresses) {
    found.push_back(text.substr(listed.begin, listed.end - listed.begin));
  }
  EXPECT_EQ(found, (std::vector<std::string_view>{" A <a@x> (one)", " b@x (two)", " c@x "}));
}

TEST(ReversePath, MayBeNull) {
  for (const auto text : {"", "<>", " <> ", " "}) EXPECT_EQ(*parse_reverse_path(text, "d"), "");
}

TEST(ReversePath, IsOneAddress) {
  EXPECT_EQ(*parse_reverse_path("me", "d"), "me@d");
  EXPECT_EQ(*parse_reverse_path("<me@x>", "d"), "me@x");
  EXPECT_EQ(*parse_reverse_path("Me Myself <me@x>", "d"), "me@x");
  EXPECT_EQ(*parse_reverse_path("me@x\n", "d"), "me@x");
  for (const auto text : {"a, b", "a b", "a@", "me@x\nSubject: y", ",", "Group:;"}) {
    EXPECT_FALSE(parse_reverse_path(text, "d")) << text;
  }
}

}  // namespace
}  // namespace mailchute::mail
