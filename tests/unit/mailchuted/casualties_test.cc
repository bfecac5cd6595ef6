// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/casualties.h"

#include <gtest/gtest.h>

#include "queue/queue_id.h"

namespace mailchute::mailchuted {
namespace {

const std::string kBad = "1" + std::string(queue::kQueueIdLength - 1, 'A');
const std::string kOther = "2" + std::string(queue::kQueueIdLength - 1, 'B');

relay::Board board() { return std::move(*relay::Board::create()); }

class CasualtiesTest : public ::testing::Test {
 protected:
  // With the one in its hands.
  std::vector<std::string> dies_of(const std::string& id) {
    auto shown = board();
    shown.take(id);
    return casualties.died(shown, now);
  }
  unsigned deaths_of(const std::string& id) const {
    const auto found = casualties.left().deadly.find(id);
    return found == casualties.left().deadly.end() ? 0 : found->second;
  }
  Casualties casualties;
  Instant now{Seconds(100000)};
};

TEST_F(CasualtiesTest, AMessageIsDeadlyAtTheThirdDeath) {
  EXPECT_EQ(dies_of(kBad), std::vector{kBad});
  dies_of(kBad);
  EXPECT_EQ(deaths_of(kBad), 0u);
  dies_of(kBad);
  EXPECT_EQ(deaths_of(kBad), 3u);
}

TEST_F(CasualtiesTest, DeathsOfOthersInBetweenDoNotHideIt) {
  dies_of(kBad);
  dies_of(kOther);
  casualties.told();
  dies_of(kBad);
  casualties.died(board(), now);
  dies_of(kOther);
  casualties.told();
  dies_of(kBad);
  EXPECT_EQ(deaths_of(kBad), 3u);
  EXPECT_EQ(deaths_of(kOther), 0u);
}

TEST_F(CasualtiesTest, DeathsAreForgottenAfterAnHour) {
  dies_of(kBad);
  dies_of(kBad);
  now += Seconds(3601);
  dies_of(kBad);
  EXPECT_EQ(deaths_of(kBad), 0u);
}

TEST_F(CasualtiesTest, TheOneThatWasTouchedIsToBlame) {
  for (int i = 0; i < 3; ++i) {
    auto shown = board();
    shown.take(kOther);
    const relay::Board::Touch touch(shown, kBad);
    EXPECT_EQ(casualties.died(shown, now), std::vector{kBad});
  }
  EXPECT_EQ(deaths_of(kBad), 3u);
  EXPECT_EQ(deaths_of(kOther), 0u);
}

TEST_F(CasualtiesTest, OfSeveralInHandNoneIsToBlame) {
  for (int i = 0; i < 5; ++i) {
    auto shown = board();
    shown.take(kBad);
    shown.take(kOther);
    EXPECT_EQ(casualties.died(shown, now).size(), 2u);
  }
  EXPECT_TRUE(casualties.left().deadly.empty());
}

TEST_F(CasualtiesTest, WhatWasSentIsPossiblyDeliveredUntilAWorkerKnows) {
  auto shown = board();
  shown.take(kBad);
  shown.take(kOther);
  shown.sent(kOther);
  casualties.died(shown, now);
  casualties.died(board(), now);
  EXPECT_EQ(casualties.left().possibly_delivered, std::set{kOther});
  casualties.told();
  EXPECT_TRUE(casualties.left().possibly_delivered.empty());
}

TEST_F(CasualtiesTest, WhoLeavesInOrderIsNoDeath) {
  auto shown = board();
  shown.take(kBad);
  shown.sent(kBad);
  for (int i = 0; i < 5; ++i) casualties.left_behind(shown);
  EXPECT_EQ(casualties.left().possibly_delivered, std::set{kBad});
  EXPECT_EQ(deaths_of(kBad), 0u);
}

// The administrator puts it back: it has three lives again.
TEST_F(CasualtiesTest, WhatWasHeldStartsAnew) {
  for (int i = 0; i < 3; ++i) dies_of(kBad);
  casualties.told();
  EXPECT_TRUE(casualties.left().deadly.empty());
  dies_of(kBad);
  dies_of(kBad);
  EXPECT_EQ(deaths_of(kBad), 0u);
  dies_of(kBad);
  EXPECT_EQ(deaths_of(kBad), 3u);
}

}  // namespace
}  // namespace mailchute::mailchuted
