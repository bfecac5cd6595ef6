// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/health.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

constexpr Instant at(long seconds) { return Instant(Seconds(seconds)); }
const Time kToday{Seconds(1790000000)};

TEST(Health, TroublePausesAndBacksOff) {
  Health health({Seconds(60), Seconds(3600)}, 4);
  EXPECT_FALSE(health.paused(at(0)));
  health.trouble("connection refused", kToday, at(0), 0.5);
  EXPECT_TRUE(health.paused(at(59)));
  EXPECT_FALSE(health.paused(at(60)));
  EXPECT_TRUE(health.on_probation());
  health.trouble("connection refused", kToday, at(60), 0.5);
  EXPECT_TRUE(health.paused(at(179)));
  EXPECT_EQ(health.last_error(), "connection refused");
}

TEST(Health, OneSuccessEndsEverything) {
  Health health({Seconds(60), Seconds(3600)}, 4);
  health.trouble("x", kToday, at(0), 0.5);
  health.interrupted("a", false, "y", kToday, at(0), 0.5);
  health.works();
  EXPECT_FALSE(health.paused(at(0)));
  EXPECT_FALSE(health.on_probation());
  EXPECT_EQ(health.suspect(), "");
  EXPECT_EQ(health.last_error(), "");
  health.trouble("x", kToday, at(0), 0.5);
  EXPECT_EQ(health.paused_until(), at(60));
}

TEST(Health, OneMessageAloneNeverPausesTheSmartHost) {
  Health health({Seconds(60), Seconds(3600)}, 4);
  for (int i = 0; i < 5; ++i) health.interrupted("poison", i > 0, "lost", kToday, at(i), 0.5);
  EXPECT_FALSE(health.paused(at(5)));
  EXPECT_TRUE(health.on_probation());
  EXPECT_EQ(health.suspect(), "poison");
}

TEST(Health, ADifferentMessageSentAloneDoes) {
  Health health({Seconds(60), Seconds(3600)}, 4);
  health.interrupted("a", false, "lost", kToday, at(0), 0.5);
  health.interrupted("b", false, "lost", kToday, at(1), 0.5);
  EXPECT_FALSE(health.paused(at(2))) << "it was on its way with the other";
  health.interrupted("c", true, "lost", kToday, at(1), 0.5);
  EXPECT_TRUE(health.paused(at(2)));
}

TEST(Health, ThereAreFewerConnectionsForAWhileWhenTheSmartHostLetsNoMoreIn) {
  Health health({Seconds(60), Seconds(3600)}, 4);
  EXPECT_EQ(health.connections(at(0)), 4u);
  health.crowded(2, at(0));
  EXPECT_EQ(health.connections(at(299)), 2u);
  EXPECT_EQ(health.connections(at(300)), 4u);
  EXPECT_FALSE(health.paused(at(0)));
}

TEST(Health, WhatWasTakenForACrowdIsTroubleWhenTheLastOneIsRefusedToo) {
  Health health({Seconds(60), Seconds(3600)}, 4);
  health.crowded(2, at(0));
  health.crowded(1, at(0));
  health.trouble("connection refused", kToday, at(0), 0.5);
  EXPECT_TRUE(health.paused(at(1)));
  health.works();
  EXPECT_EQ(health.connections(at(61)), 4u);
}

TEST(Health, InDoubtThereIsOneConnection) {
  Health health({Seconds(60), Seconds(3600)}, 4);
  health.interrupted("a", false, "lost", kToday, at(0), 0.5);
  EXPECT_EQ(health.connections(at(0)), 1u);
  health.works();
  EXPECT_EQ(health.connections(at(0)), 4u);
}

TEST(Health, AnAdministratorEndsAPauseButNotTheProbation) {
  Health health({Seconds(60), Seconds(3600)}, 4);
  health.trouble("x", kToday, at(0), 0.5);
  health.forget_pause();
  EXPECT_FALSE(health.paused(at(0)));
  EXPECT_TRUE(health.on_probation());
}

}  // namespace
}  // namespace mailchute::relay
