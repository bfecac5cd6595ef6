// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/exit_status.h"

#include <gtest/gtest.h>

namespace mailchute::sendmail {
namespace {

struct Row {
  Error::Kind kind;
  int status;
};

TEST(ExitStatus, IsWhatCallersKnow) {
  using Kind = Error::Kind;
  for (const Row& row : {Row{Kind::usage, 64}, Row{Kind::data, 65}, Row{Kind::unavailable, 69},
                         Row{Kind::rejected, 69}, Row{Kind::system, 71}, Row{Kind::create, 73},
                         Row{Kind::io, 74}, Row{Kind::temporary, 75}, Row{Kind::full, 75}, Row{Kind::protocol, 75},
                         Row{Kind::permission, 77}, Row{Kind::config, 78}}) {
    EXPECT_EQ(exit_status(row.kind), row.status);
  }
}

}  // namespace
}  // namespace mailchute::sendmail
