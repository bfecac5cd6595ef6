// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/network_change.h"

#include <gtest/gtest.h>

#include <vector>

namespace mailchute::relay {
namespace {

constexpr Instant at(double seconds) { return Instant(Milliseconds(static_cast<long>(seconds * 1000))); }

// Makes each attempt when it is due, until `end`; in seconds.
std::vector<double> attempts(NetworkChange& change, double end) {
  std::vector<double> times;
  for (auto due = change.due(); due && *due <= at(end); due = change.due()) {
    times.push_back(static_cast<double>(due->time_since_epoch().count()) / 1000);
    change.tried(*due);
  }
  return times;
}

TEST(NetworkChange, NothingIsDueBeforeAnythingChanged) { EXPECT_FALSE(NetworkChange().due()); }

TEST(NetworkChange, IsGoodForAnAttemptAtOnceAndSomeMore) {
  NetworkChange change;
  change.noticed(at(100));
  EXPECT_EQ(attempts(change, 1000), (std::vector<double>{100.3, 105.3, 115.3, 135.3}));
  EXPECT_FALSE(change.due());
}

TEST(NetworkChange, ABurstOfEventsIsOneAttempt) {
  NetworkChange change;
  for (double time = 0; time < 0.3; time += 0.01) change.noticed(at(time));
  EXPECT_EQ(attempts(change, 4), (std::vector<double>{0.3}));
}

TEST(NetworkChange, WhatComesAfterAnAttemptIsNotForgotten) {
  NetworkChange change;
  change.noticed(at(0));
  attempts(change, 1);
  change.noticed(at(1));
  EXPECT_EQ(change.due(), at(5.3));
}

TEST(NetworkChange, AfterTheLastAttemptTheNextChangeWaitsItsTurn) {
  NetworkChange change;
  change.noticed(at(0));
  attempts(change, 60);
  change.noticed(at(60));
  EXPECT_EQ(change.due(), at(75.3));
  change.noticed(at(100));
  EXPECT_EQ(change.due(), at(75.3)) << "overdue";
}

TEST(NetworkChange, WhereChangesNeverEndAttemptsComeEverMoreRarely) {
  NetworkChange change;
  unsigned made = 0;
  for (double time = 0; time < 86400; time += 1) {
    change.noticed(at(time));
    made += static_cast<unsigned>(attempts(change, time).size());
  }
  EXPECT_LT(made, 300u);
  EXPECT_GT(made, 280u) << "every five minutes";
}

TEST(NetworkChange, AfterAQuietTimeOrASuccessTheNextOneIsTriedAtOnceAgain) {
  NetworkChange change;
  for (double time = 0; time < 3600; time += 1) {
    change.noticed(at(time));
    attempts(change, time);
  }
  change.noticed(at(4300));
  EXPECT_EQ(change.due(), at(4300.3));
  attempts(change, 4301);
  change.settled();
  EXPECT_FALSE(change.due());
  change.noticed(at(4302));
  EXPECT_EQ(change.due(), at(4302.3));
}

}  // namespace
}  // namespace mailchute::relay
