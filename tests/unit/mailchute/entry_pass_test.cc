// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/entry_pass.h"

#include <gtest/gtest.h>

#include "unit/queue/fixture.h"

namespace mailchute {
namespace {

// At most so many octets at a time.
Pieces pieces_of(const std::string& file, std::size_t most) {
  return [&file, most](std::uint64_t offset) {
    const auto at = std::min<std::size_t>(offset, file.size());
    return queue::Piece{file.substr(at, most), file.size()};
  };
}

struct Passed {
  Result<> result;
  std::string head, message;
};

Passed pass(const Pieces& pieces) {
  Passed passed;
  const EntryUser user{[&](const queue::Head&, std::string_view octets) {
                         passed.head += octets;
                         return Result<>();
                       },
                       [&](std::string_view octets) {
                         passed.message += octets;
                         return Result<>();
                       }};
  passed.result = pass_over(pieces, user);
  return passed;
}

const std::string kLong = queue::kMessage + std::string(200'000, 'x') + "\n";

TEST(EntryPass, IsTheSameHoweverTheFileIsCut) {
  for (const std::string& message : {std::string(queue::kMessage), kLong}) {
    const std::string file = queue::entry_octets(queue::envelope_to({"a@b", "c@d"}), message);
    for (const std::size_t most : {std::size_t{7}, std::size_t{300}, std::size_t{64 << 10}, file.size()}) {
      const Passed passed = pass(pieces_of(file, most));
      ASSERT_TRUE(passed.result) << most << " " << passed.result.error().text;
      EXPECT_TRUE(passed.head + passed.message == file && passed.message == message) << most;
    }
  }
}

// Also where its head ends with a piece.
TEST(EntryPass, IsTheSameInPiecesOfAnyLength) {
  const std::string file = queue::entry_octets(queue::envelope_to({"a@b"}), queue::kMessage);
  for (std::size_t most = 1; most <= file.size(); ++most) {
    const Passed passed = pass(pieces_of(file, most));
    ASSERT_TRUE(passed.result) << most << " " << passed.result.error().text;
    EXPECT_EQ(passed.head + passed.message, file) << most;
  }
}

TEST(EntryPass, ChangedAnywhereItIsDamaged) {
  const std::string file = queue::entry_octets(queue::envelope_to({"a@b"}), queue::kMessage);
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] ^= 1;
    const auto passed = pass(pieces_of(changed, 100));
    ASSERT_FALSE(passed.result) << at;
    EXPECT_EQ(passed.result.error().kind, Error::Kind::data) << at;
  }
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(pass(pieces_of(file.substr(0, size), 100)).result) << size;
  }
  EXPECT_FALSE(pass(pieces_of(file + "x", 100)).result);
}

TEST(EntryPass, ChangedWhileItIsReadItIsDamaged) {
  const std::string file = queue::entry_octets(queue::envelope_to({"a@b"}), kLong);
  std::string now = file;
  const Pieces whole = pieces_of(now, 64 << 10);
  const Pieces changing = [&](std::uint64_t offset) {
    auto piece = whole(offset);
    now.back() = '!';
    return piece;
  };
  EXPECT_NE(pass(changing).result.error().text.find("changed while it was read"), std::string::npos);
}

TEST(EntryPass, WhoeverGivesMoreThanTheHeadSaysIsNotReadToTheEnd) {
  const std::string file = queue::entry_octets(queue::envelope_to({"a@b"}), queue::kMessage);
  std::size_t asked = 0;
  const Pieces endless = [&](std::uint64_t offset) {
    if (offset < file.size()) return queue::Piece{file.substr(offset), file.size()};
    return queue::Piece{std::string(++asked < 100 ? 1000 : 0, 'x'), file.size()};
  };
  const Passed passed = pass(endless);
  ASSERT_FALSE(passed.result);
  EXPECT_EQ(passed.result.error().kind, Error::Kind::data);
  EXPECT_EQ(passed.message, queue::kMessage);
  EXPECT_EQ(asked, 1U);
}

TEST(EntryPass, WhatItsUserOrItsFileSaysEndsIt) {
  const std::string file = queue::entry_octets(queue::envelope_to({"a@b"}), kLong);
  const EntryUser full{[](const queue::Head&, std::string_view) { return Result<>(); },
                       [](std::string_view) -> Result<> { return failure(Error::Kind::temporary, "full"); }};
  EXPECT_EQ(pass_over(pieces_of(file, 1000), full).error().text, "full");
  const Pieces broken = [&](std::uint64_t offset) -> Result<queue::Piece> {
    if (offset > 0) return failure(Error::Kind::temporary, "unreadable");
    return pieces_of(file, 64 << 10)(0);
  };
  EXPECT_EQ(pass(broken).result.error().text, "unreadable");
}

// Its user may be the first to send something large, in the middle.
TEST(EntryPass, WhoeverPreparesDigestsMeanwhileChangesNothing) {
  const std::string file = queue::entry_octets(queue::envelope_to({"a@b"}), kLong);
  std::string message;
  const EntryUser user{[](const queue::Head&, std::string_view) { return Result<>(); },
                       [&](std::string_view octets) {
                         queue::prepare_digests();
                         message += octets;
                         return Result<>();
                       }};
  EXPECT_TRUE(pass_over(pieces_of(file, 64 << 10), user));
  EXPECT_TRUE(message == kLong);
}

}  // namespace
}  // namespace mailchute
