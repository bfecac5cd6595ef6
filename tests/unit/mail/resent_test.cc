// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/resent.h"

#include <gtest/gtest.h>

namespace mailchute::mail {
namespace {

struct Case {
  std::vector<std::string> names;
  std::size_t begin;
  std::size_t end;
};

TEST(ResentBlock, IsTheTopmostRunOfResentFields) {
  for (const Case& c : {
           Case{{"From", "To"}, 2, 2},
           Case{{"Resent-From", "Resent-To", "From"}, 0, 2},
           Case{{"Received", "resent-from", "RESENT-TO", "Received", "Resent-To"}, 1, 3},
           Case{{"Resent-From", "Resent-To", "Resent-From", "Resent-Cc"}, 0, 2},
           Case{{"Resent-To", "From", "Resent-To"}, 0, 1},
           Case{{}, 0, 0},
       }) {
    Header header;
    for (const std::string& name : c.names) header.fields.push_back(Field{name + ": x\n"});
    const ResentBlock block = first_resent_block(header);
    EXPECT_EQ(block.begin, c.begin);
    EXPECT_EQ(block.end, c.end);
    EXPECT_EQ(block.empty(), c.begin == c.end);
  }
}

}  // namespace
}  // namespace mailchute::mail
