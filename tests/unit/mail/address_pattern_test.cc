// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/address_pattern.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

struct Match {
  std::string_view pattern;
  Address address;
  bool matches;
};

TEST(AddressPattern, AStarStandsForAnyOctets) {
  for (const Match& one : {
           Match{"ann@example.com", {"ann", "example.com"}, true},
           Match{"ann@Example.COM", {"ann", "EXAMPLE.com"}, true},
           Match{"ann@example.com", {"Ann", "example.com"}, false},
           Match{"*@example.com", {"ann", "example.com"}, true},
           Match{"*@example.com", {"a b@c", "example.com"}, true},
           Match{"*@example.com", {"ann", "a.example.com"}, false},
           Match{"*@*example.com", {"ann", "a.example.com"}, true},
           Match{"*@*.example.com", {"ann", "example.com"}, false},
           Match{"*@*", {"ann", "x"}, true},
           Match{"*@*", {"root", ""}, true},
           Match{"a*n@x", {"an", "x"}, true},
           Match{"a*n*@x", {"abnann", "x"}, true},
           Match{"a*n@x", {"anno", "x"}, false},
           Match{"**a**b@x", {"aab", "x"}, true},
           Match{"a@b@x", {"a@b", "x"}, true},
       }) {
    EXPECT_EQ(AddressPattern::parse(one.pattern)->matches(one.address), one.matches)
        << one.pattern << " " << one.address.text();
  }
}

TEST(AddressPattern, HasTwoSides) {
  for (const std::string_view text : {"", "*", "example.com", "@example.com", "ann@", "a n@x", "a\n@x"}) {
    EXPECT_FALSE(AddressPattern::parse(text)) << text;
  }
  EXPECT_FALSE(AddressPattern::parse(std::string(kMaxAddress, 'a') + "@x"));
}

TEST(AddressPattern, StarsCostNoMoreThanTheProductOfTheLengths) {
  std::string stars;
  for (int i = 0; i < 250; ++i) stars += "*a";
  EXPECT_FALSE(AddressPattern::parse(stars + "b@x")->matches({std::string(1000, 'a'), "x"}));
}

}  // namespace
}  // namespace mailchute::mail
