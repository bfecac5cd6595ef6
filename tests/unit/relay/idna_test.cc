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

}  // namespace
}  // namespace mailchute::relay
