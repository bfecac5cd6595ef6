// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/digest.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace mailchute::queue {
namespace {

std::string digest_of(std::string_view first, std::string_view second = {}) {
  DigestBuilder digest;
  digest.update(first);
  digest.update(second);
  const auto octets = digest.finish();
  return to_hex({reinterpret_cast<const char*>(octets.data()), octets.size()});
}

// Queues on disk depend on it.
TEST(Digest, StaysTheSameFromReleaseToRelease) {
  const auto before = digest_of("the same text");
  prepare_digests();
  EXPECT_EQ(digest_of("the same text"), before);
  EXPECT_EQ(before, "937d83bebd47ff36d2d2f3e646370e39");
}

TEST(Digest, IsTheSameHoweverTheTextIsCut) {
  const std::string text(200, 'x');
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(digest_of(text.substr(0, cut), text.substr(cut)), digest_of(text));
  }
}

TEST(Digest, IsAnotherForEachOtherText) {
  EXPECT_NE(digest_of("a"), digest_of("b"));
  EXPECT_NE(digest_of(""), digest_of(std::string(1, '\0')));
}

}  // namespace
}  // namespace mailchute::queue
