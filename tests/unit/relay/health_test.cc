// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/health.h"

#include <gtest/gtest.h>

namespace mailchute::relay {
namespace {

using Host = Judgement::Host;
using Ids = std::vector<std::string>;

const Time kToday{Seconds(1790000000)};

constexpr Instant at(long seconds) { return Instant(Seconds(seconds)); }
Moment moment(long seconds) { return {kToday + Seconds(seconds), at(seconds), 0.5}; }

class HealthTest : public ::testing::Test {
 protected:
  Ids said(const std::string& id, Host host, long when, bool probe = false) {
    judgement = {};
    judgement.host = host;
    judgement.reply = "something";
    judgement.refusal = "X.7.1";
    judgement.doubted = {0};
    judgement.recipients = {{Verdict::What::deferred, "something", "5.7.1"}};
    judgement.took_it = host == Host::works;
    return heard(id, "to-" + id, when, probe);
  }
  // With the judgement as it is.
  Ids heard(const std::string& id, const std::string& recipient, long when, bool probe = false) {
    return health.judged({id, "me", {recipient}, probe}, judgement, moment(when));
  }
  bool blames(const std::string& id, long when, const std::string& sender = "me") {
    return health.blames({id, sender, {}, false}, at(when));
  }
  void trouble(long when, Cause cause = Cause::trouble) { health.trouble(cause, "connection refused", moment(when)); }

  Health health{{Seconds(60), Seconds(3600)}, 4};
  Judgement judgement;
};

TEST_F(HealthTest, TroublePausesAndBacksOff) {
  EXPECT_FALSE(health.paused(at(0)));
  trouble(0);
  EXPECT_TRUE(health.paused(at(59)));
  EXPECT_FALSE(health.paused(at(60)));
  EXPECT_TRUE(health.on_probation());
  trouble(60);
  EXPECT_TRUE(health.paused(at(179)));
  EXPECT_EQ(health.last_error(), "connection refused");
  EXPECT_EQ(health.since(), kToday);
}

TEST_F(HealthTest, AConnectionThatHasHadEnoughSaysNothingOfTheSmartHost) {
  said("a", Host::had_enough, 0);
  said("b", Host::had_enough, 0, true);
  EXPECT_FALSE(health.paused(at(0)));
  EXPECT_FALSE(health.on_probation());
  EXPECT_TRUE(said("c", Host::works, 0).empty());
}

TEST_F(HealthTest, ALoginThatIsRefusedIsTriedAgainMuchLater) {
  long now = 0;
  const long expected[] = {15, 30, 60, 120, 240, 240};
  for (const long minutes : expected) {
    trouble(now, Cause::login);
    EXPECT_EQ(health.paused_until(), at(now + 60 * minutes));
    now += 60 * minutes;
  }
  trouble(now);
  EXPECT_EQ(health.paused_until(), at(now + 60)) << "other trouble counts for itself";
}

TEST_F(HealthTest, TroubleOfWhatWasUnderWayIsNoFurtherTrouble) {
  for (int i = 0; i < 5; ++i) trouble(i);
  EXPECT_EQ(health.paused_until(), at(64)) << "that of the last, not doubled";
}

TEST_F(HealthTest, OneSuccessEndsEverything) {
  trouble(0);
  said("a", Host::interrupted, 0);
  said("b", Host::works, 0);
  EXPECT_FALSE(health.paused(at(0)));
  EXPECT_FALSE(health.on_probation());
  EXPECT_EQ(health.suspect(), "");
  EXPECT_EQ(health.last_error(), "");
  trouble(0);
  EXPECT_EQ(health.paused_until(), at(60));
}

TEST_F(HealthTest, OneMessageAloneNeverPausesTheSmartHost) {
  for (int i = 0; i < 5; ++i) said("poison", Host::interrupted, i, i > 0);
  EXPECT_FALSE(health.paused(at(5)));
  EXPECT_TRUE(health.on_probation());
  EXPECT_EQ(health.suspect(), "poison");
}

TEST_F(HealthTest, ADifferentMessageSentAloneDoes) {
  said("a", Host::interrupted, 0);
  said("b", Host::interrupted, 1);
  EXPECT_FALSE(health.paused(at(2))) << "it was on its way with the other";
  said("c", Host::interrupted, 1, true);
  EXPECT_TRUE(health.paused(at(2)));
}

TEST_F(HealthTest, ASmartHostThatRefusesIsPausedAndProbedWithAnother) {
  EXPECT_EQ(said("a", Host::refuses, 0), Ids{});
  EXPECT_TRUE(health.paused(at(59)));
  EXPECT_EQ(health.suspect(), "a");
  EXPECT_FALSE(blames("a", 86400)) << "as long as no other one goes";
  EXPECT_EQ(said("b", Host::works, 60, true), Ids{"a"});
  EXPECT_TRUE(blames("a", 60));
  EXPECT_FALSE(blames("b", 60));
  EXPECT_EQ(said("c", Host::works, 61), Ids{}) << "that is known";
}

TEST_F(HealthTest, ASenderThatIsRefusedPausesTheSmartHostOnce) {
  judgement.host = Host::refuses;
  heard("a", "to-a", 0);
  said("b", Host::works, 60, true);
  EXPECT_TRUE(blames("c", 61, "me"));
  EXPECT_FALSE(blames("c", 61, "you"));
  health.forget("a");
  EXPECT_FALSE(blames("c", 61, "me"));
}

TEST_F(HealthTest, TwoWithDifferentRecipientsPauseTheSmartHost) {
  said("a", Host::doubtful, 0);
  EXPECT_FALSE(health.paused(at(0)));
  EXPECT_FALSE(judgement.untouched);
  said("a", Host::doubtful, 60);
  EXPECT_FALSE(health.paused(at(60))) << "that is the same one";
  said("b", Host::doubtful, 61);
  EXPECT_TRUE(health.paused(at(61)));
  EXPECT_TRUE(judgement.untouched);
  EXPECT_EQ(judgement.host, Host::refuses);
  EXPECT_FALSE(blames("a", 86400) || blames("b", 86400)) << "nothing bounces";
}

TEST_F(HealthTest, TheSameRecipientIsNoNews) {
  said("a", Host::doubtful, 0);
  judgement.host = Host::doubtful;
  heard("b", "to-a", 1);
  EXPECT_FALSE(health.paused(at(1)));
}

TEST_F(HealthTest, AnotherRefusalIsNoNews) {
  said("a", Host::doubtful, 0);
  judgement.host = Host::doubtful;
  judgement.refusal = "X.7.26";
  heard("b", "to-b", 1);
  EXPECT_FALSE(health.paused(at(1)));
}

TEST_F(HealthTest, WhenAnotherIsTakenTheRefusalStands) {
  said("a", Host::doubtful, 0);
  EXPECT_FALSE(blames("a", 1));
  judgement.host = Host::works;
  judgement.took_it = false;
  heard("b", "to-b", 1);
  EXPECT_FALSE(blames("a", 1)) << "an answer is not enough";
  EXPECT_EQ(said("c", Host::works, 2), Ids{"a"});
  EXPECT_TRUE(blames("a", 2));
  EXPECT_FALSE(blames("x", 2, "")) << "a notification is another message";
  said("d", Host::doubtful, 3);
  EXPECT_FALSE(health.paused(at(3))) << "the other one has its own trouble";
}

TEST_F(HealthTest, ADoubtThatNobodySharesEndsAfterAnHour) {
  said("a", Host::doubtful, 0);
  said("a", Host::doubtful, 1800);
  EXPECT_FALSE(blames("a", 3599));
  EXPECT_TRUE(blames("a", 3600));
  said("b", Host::doubtful, 3600);
  EXPECT_FALSE(blames("a", 3600));
}

TEST_F(HealthTest, WhatIsGoneIsForgotten) {
  said("a", Host::doubtful, 0);
  health.forget("a");
  said("b", Host::doubtful, 1);
  EXPECT_FALSE(health.paused(at(1)));
}

TEST_F(HealthTest, OfAThousandMessagesInDoubtTheOldestIsForgotten) {
  const auto doubted_alone = [this](int number) {
    judgement = {};
    judgement.host = Host::doubtful;
    judgement.refusal = "X." + std::to_string(number);  // each meets something else
    judgement.doubted = {0};
    judgement.recipients = {{Verdict::What::deferred, "something", "5.7.1"}};
    heard(std::to_string(number), "a", number);
  };
  for (int i = 0; i < 1000; ++i) doubted_alone(i);
  EXPECT_TRUE(blames("0", 9999));
  doubted_alone(1000);
  EXPECT_FALSE(blames("0", 9999));
  EXPECT_TRUE(blames("1", 9999) && blames("1000", 9999));
}

TEST_F(HealthTest, OfManyAddressesInDoubtTheOldestAreForgotten) {
  const auto doubted_alone = [this](const std::string& id, long when) {
    std::vector<std::string> addresses;
    judgement = {};
    judgement.host = Host::doubtful;
    judgement.refusal = id;
    for (std::size_t i = 0; i < 10'000; ++i) {
      addresses.push_back(std::to_string(i));
      judgement.doubted.push_back(i);
    }
    judgement.recipients.assign(10'000, {Verdict::What::deferred, "something", "5.7.1"});
    health.judged({id, "me", addresses, false}, judgement, moment(when));
  };
  doubted_alone("a", 0);
  doubted_alone("b", 1);
  EXPECT_TRUE(blames("a", 9999));
  doubted_alone("c", 2);
  EXPECT_FALSE(blames("a", 9999));
  EXPECT_TRUE(blames("b", 9999) && blames("c", 9999));
}

TEST_F(HealthTest, OfAThousandMessagesThatConnectionsWereLostWithTheOldestIsForgotten) {
  const auto lost = [this](int number) { said(std::to_string(number), Host::interrupted, number, true); };
  const auto pauses = [&](int number) {
    health.forget_pause();
    lost(number);
    return health.paused(at(number));
  };
  for (int i = 0; i < 1001; ++i) lost(i);
  said("good", Host::works, 1001);
  EXPECT_FALSE(pauses(1)) << "another one was taken since";
  EXPECT_TRUE(pauses(0)) << "nothing is known of it any more";
}

TEST_F(HealthTest, ThereAreFewerConnectionsForAWhileWhenTheSmartHostLetsNoMoreIn) {
  EXPECT_EQ(health.connections(at(0)), 4u);
  health.crowded(2, Cause::trouble, at(0));
  EXPECT_EQ(health.connections(at(299)), 2u);
  EXPECT_EQ(health.connections(at(300)), 4u);
  EXPECT_FALSE(health.paused(at(0)));
}

TEST_F(HealthTest, ALoginThatIsRefusedBesideOthersIsNotTriedAgainForLong) {
  health.crowded(1, Cause::login, at(0));
  EXPECT_EQ(health.connections(at(4 * 3600 - 1)), 1u);
  EXPECT_EQ(health.connections(at(4 * 3600)), 4u);
}

TEST_F(HealthTest, SilenceInThePauseAfterARefusedLoginIsNoReasonToLogInSooner) {
  trouble(0, Cause::login);
  trouble(1, Cause::silence);
  EXPECT_FALSE(health.out_of_reach());
  trouble(15 * 60, Cause::silence);
  EXPECT_TRUE(health.out_of_reach());
}

TEST_F(HealthTest, ThereIsOneForAWhileWhenItAsksForLess) {
  judgement.host = Host::works;
  judgement.slow_down = true;
  heard("a", "to-a", 0);
  EXPECT_EQ(health.connections(at(299)), 1u);
  EXPECT_EQ(health.connections(at(300)), 4u);
}

TEST_F(HealthTest, WhatWasTakenForACrowdIsTroubleWhenTheLastOneIsRefusedToo) {
  health.crowded(2, Cause::trouble, at(0));
  health.crowded(1, Cause::trouble, at(0));
  trouble(0);
  EXPECT_TRUE(health.paused(at(1)));
  said("a", Host::works, 60);
  EXPECT_EQ(health.connections(at(61)), 4u);
}

TEST_F(HealthTest, InDoubtThereIsOneConnection) {
  said("a", Host::interrupted, 0);
  EXPECT_EQ(health.connections(at(0)), 1u);
  said("a", Host::works, 1);
  EXPECT_EQ(health.connections(at(0)), 4u);
}

TEST_F(HealthTest, AnAdministratorEndsAPauseButNotTheProbation) {
  trouble(0);
  health.forget_pause();
  EXPECT_FALSE(health.paused(at(0)));
  EXPECT_TRUE(health.on_probation());
}

}  // namespace
}  // namespace mailchute::relay
