// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/room.h"

#include <gtest/gtest.h>

#include <vector>

namespace mailchute::mailchuted {
namespace {

constexpr uid_t kGreedy = 1, kModest = 2, kNew = 3;
constexpr Milliseconds kMoving{10}, kStanding{6000};

using Guests = std::vector<Guest>;

Guests crowd(uid_t uid, std::size_t count, Milliseconds standstill) {
  return Guests(count, Guest{uid, true, standstill});
}

TEST(Room, IsMadeByTheSlowestOfTheUserWhoHasMost) {
  Guests guests = crowd(kGreedy, 6, kMoving);
  guests.push_back({kModest, true, kMoving});
  guests[4].standstill = Milliseconds(20);
  EXPECT_EQ(who_makes_room(guests, kNew, {}), 4u);
}

TEST(Room, IsNotMadeByAnybodysFewAsLongAsTheyMove) {
  EXPECT_EQ(who_makes_room(crowd(kGreedy, 4, kMoving), kNew, {}), std::nullopt);
  EXPECT_NE(who_makes_room(crowd(kGreedy, 5, kMoving), kNew, {}), std::nullopt);
  EXPECT_NE(who_makes_room(crowd(kGreedy, 1, kStanding), kNew, {}), std::nullopt);
}

TEST(Room, NobodyDrivesOutWhoHasFewer) {
  Guests guests = crowd(kModest, 1, kStanding);
  for (const Guest& guest : crowd(kGreedy, 3, kMoving)) guests.push_back(guest);
  EXPECT_EQ(who_makes_room(guests, kGreedy, {}), std::nullopt);
}

TEST(Room, IsMadeAmongOnesOwnByWhoStandsStill) {
  EXPECT_EQ(who_makes_room(crowd(kGreedy, 9, kMoving), kGreedy, {}), std::nullopt);
  EXPECT_NE(who_makes_room(crowd(kGreedy, 9, kStanding), kGreedy, {}), std::nullopt);
}

TEST(Room, IsNotMadeByWhoWouldLoseSomething) {
  Guests guests = crowd(kGreedy, 9, kStanding);
  for (Guest& guest : guests) guest.may_go = false;
  EXPECT_EQ(who_makes_room(guests, kNew, {}), std::nullopt);
  guests[7].may_go = true;
  EXPECT_EQ(who_makes_room(guests, kNew, {}), 7u);
}

TEST(Room, PlacesAreAsManyAsThereAreDescriptorsFor) {
  EXPECT_EQ(places_for(10, 1, 0), 10u);
  EXPECT_EQ(places_for(10, 1u << 30, 0), 1u);
  EXPECT_EQ(places_for(10, 1, 1u << 31), 1u);
}

}  // namespace
}  // namespace mailchute::mailchuted
