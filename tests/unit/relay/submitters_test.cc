// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/submitters.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

constexpr std::uint32_t kDaemon = 900;
constexpr Instant kNow{Seconds(1000)};

std::optional<std::uint32_t> uid_of(const std::string& name) {
  if (name == "root") return 0;
  if (name == "www-data") return 33;
  return std::nullopt;
}

Concerned concerned(const config::Users& users) {
  std::vector<std::string> unknown;
  return {users, uid_of, unknown};
}

Submitters limited(const config::Users& users) {
  config::Storms settings;
  settings.messages_in_queue = 2;
  settings.size_in_queue = 1000;
  return {settings, concerned(users), kDaemon};
}

TEST(Concerned, AllIsEverybodyButRoot) {
  EXPECT_TRUE(concerned({true, {}}).has(33));
  EXPECT_FALSE(concerned({true, {}}).has(0));
  EXPECT_TRUE(concerned({false, {"root"}}).has(0));
  EXPECT_FALSE(concerned({false, {"root"}}).has(33));
  EXPECT_FALSE(concerned({}).has(33));
  EXPECT_TRUE(concerned({}).nobody());
}

TEST(Concerned, TellsOfNamesThatAreNobodys) {
  std::vector<std::string> unknown;
  EXPECT_TRUE(Concerned({false, {"www-data", "wwwdata"}}, uid_of, unknown).has(33));
  EXPECT_EQ(unknown, std::vector<std::string>{"wwwdata"});
}

TEST(Submitters, AShareIsFullWithItsMessages) {
  Submitters submitters = limited({true, {}});
  EXPECT_TRUE(submitters.room_for(33));
  submitters.came("a", 33, 10);
  EXPECT_TRUE(submitters.room_for(33));
  submitters.came("b", 33, 10);
  const auto room = submitters.room_for(33);
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().kind, Error::Kind::full);
  EXPECT_EQ(room.error().text,
            "uid 33 has 2 messages in the queue, which is as much as one user may have "
            "(storms.messages_in_queue in mailchute.conf); come back later");
  EXPECT_TRUE(submitters.room_for(34));
  submitters.gone("a");
  submitters.gone("a");
  EXPECT_TRUE(submitters.room_for(33));
}

TEST(Submitters, AShareIsFullWithItsOctetsButHasRoomForOneMessageOfAnySize) {
  Submitters submitters = limited({true, {}});
  EXPECT_TRUE(submitters.room_for(33, 5000));
  submitters.came("a", 33, 600);
  EXPECT_TRUE(submitters.room_for(33, 400));
  EXPECT_EQ(submitters.room_for(33, 401).error().text,
            "uid 33 has 600 octets in the queue, which is as much as one user may have "
            "(storms.size_in_queue in mailchute.conf); come back later");
}

TEST(Submitters, WithoutLimitsAllHaveRoom) {
  for (const std::uint32_t uid : {33U, kDaemon}) {
    Submitters submitters = uid == kDaemon ? limited({true, {}}) : limited({});
    for (const char* id : {"a", "b", "c"}) {
      submitters.came(id, uid, 10'000);
      submitters.begun(id, kNow);
    }
    EXPECT_TRUE(submitters.room_for(uid));
    EXPECT_GT(submitters.may_begin(uid, kNow), 1'000'000U);
  }
}

TEST(Submitters, AMessageStaysWhoseItIs) {
  Submitters submitters = limited({true, {}});
  EXPECT_EQ(submitters.owner("a"), kDaemon);
  submitters.came("a", 33, 10);
  submitters.came("a", 34, 10);
  EXPECT_EQ(submitters.owner("a"), 33U);
}

TEST(Submitters, WhatIsBegunIsTakenFromTheAllowance) {
  Submitters submitters = limited({false, {"www-data"}});
  submitters.came("a", 33, 10);
  EXPECT_EQ(submitters.may_begin(33, kNow), 60U);
  EXPECT_EQ(submitters.next(33), Instant::min());
  submitters.begun("a", kNow);
  submitters.gone("a");
  EXPECT_EQ(submitters.may_begin(33, kNow), 59U);
}

}  // namespace
}  // namespace mailchute::relay
