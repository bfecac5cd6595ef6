// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace mailchute {
namespace {

TEST(Error, TellsVerbObjectAndReason) {
  const Error error = Error::from_errno("create", "1a2b", ENOSPC);
  EXPECT_EQ(error.text, "create 1a2b: No space left on device");
  EXPECT_EQ(Error::from_errno("fork", "", EAGAIN).text.substr(0, 6), "fork: ");
}

TEST(Error, TakesThePresentErrno) {
  errno = EACCES;
  EXPECT_EQ(Error::from_errno("open", "x").text, "open x: Permission denied");
}

struct Case {
  int error;
  Error::Kind kind;
};

TEST(Error, KindFollowsFromErrno) {
  for (const Case& c : {Case{EACCES, Error::Kind::permission}, Case{EROFS, Error::Kind::permission},
                        Case{EIO, Error::Kind::io}, Case{ENOENT, Error::Kind::create},
                        Case{ENOSPC, Error::Kind::temporary}, Case{EMFILE, Error::Kind::temporary},
                        Case{EINVAL, Error::Kind::system}}) {
    EXPECT_EQ(Error::from_errno("do", "it", c.error).kind, c.kind) << c.error;
  }
}

TEST(Result, IsAValueOrAnError) {
  const Result<int> good = 5;
  const Result<int> bad = failure(Error::Kind::data, "no number");
  EXPECT_EQ(*good, 5);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text, "no number");
}

}  // namespace
}  // namespace mailchute
