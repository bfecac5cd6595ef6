// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/idna.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

TEST(Idna, WritesDomainsInALabels) {
  EXPECT_EQ(to_a_labels("b\xc3\xbc" "cher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(to_a_labels("stra\xc3\x9f" "e.example"), "xn--strae-oqa.example");  // not "strasse": RFC 5891
  EXPECT_EQ(to_a_labels("\xe4\xb8\xad\xe6\x96\x87.example"), "xn--fiq228c.example");
}

TEST(Idna, KnowsWhatIsNoDomain) {
  EXPECT_FALSE(to_a_labels("b\xfc" "cher.example"));
  EXPECT_FALSE(to_a_labels("\xe2\x86\x92.example"));
  EXPECT_FALSE(to_a_labels(std::string_view("a\0b", 3)));
}

// Compatibility characters stand for others, which would end the address in a command or a field.
TEST(Idna, MakesNothingElseOfADomain) {
  for (const char* domain : {"a\xef\xbc\x9e" "b.example", "a\xe3\x80\x80" "b.example", "a\xef\xbc\x8c" "b.example",
                             "a\xef\xbc\xa0" "b.example", "a\xc2\xa0" "b.example", "\xc2\xad"}) {
    EXPECT_EQ(to_a_labels(domain), std::nullopt) << domain;
  }
  EXPECT_EQ(to_a_labels("\xef\xbd\x81" "b\xe3\x80\x82" "example"), "ab.example");
  EXPECT_EQ(to_a_labels("_x.b\xc3\xbc" "cher.example"), "_x.xn--bcher-kva.example");
}

}  // namespace
}  // namespace mailchute::relay
