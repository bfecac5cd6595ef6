// SPDX-License-Identifier: GPL-3.0-or-later
// Without a smart host: what a test takes is in a transaction.
#include "relay/administration.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "relay/by_hand.h"
#include "relay/schedule.h"
#include "sys/clock.h"
#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

using What = Administration::Outcome::What;
using Verb = Act::Verb;

class AdministrationTest : public ::testing::Test, private RecorderUser, private Sight {
 protected:
  AdministrationTest() {
    settings.queue_directory = it.folder.path();
    settings.hostname = "here.example";
  }
  std::string waiting(const mail::Envelope& envelope = queue::envelope_to({"a@b"})) {
    const auto id = it.submit(envelope);
    EXPECT_TRUE(it.queue.adopt(10));
    schedule.add(id, envelope.time, sys::boot_now());
    return id;
  }
  Administration::Outcome act(Verb verb, const std::string& id) {
    auto outcome = administration.act({verb, 7, "because", {}}, id);
    EXPECT_TRUE(administration.commit());
    return outcome;
  }
  Standing standing(const std::string& id) const override {
    return taken.contains(id) ? Standing::taken : schedule.contains(id) ? Standing::waiting : Standing::unknown;
  }
  std::string carrier(const std::string& id) const override { return digests.contains(id) ? digests.at(id) : id; }
  void dissolve(const std::string& digest) override {
    std::erase_if(digests, [&](const auto& carried) { return carried.second == digest; });
    ++dissolved;
  }
  // Of waiting messages.
  std::string digest_of(const std::vector<std::string>& originals) {
    auto writer = it.queue.create(queue::new_queue_id(), queue::kStranger).value();
    EXPECT_TRUE(writer.begin(queue::envelope_to({"a@b", "c@d"}), originals) && writer.write(queue::kMessage) &&
                writer.finish() && it.queue.commit(writer) && it.queue.sync());
    for (const auto& id : originals) digests[id] = writer.id();
    schedule.add(writer.id(), Time(Seconds(1)), sys::boot_now());
    return writer.id();
  }
  bool logged(const std::string& text) const { return it.log.count(text) == 1; }

  unsigned attempts(const std::string&, unsigned in_all) const override { return in_all; }
  void on_put_back(const std::string& id, Time arrival, Milliseconds delay, Care care) override {
    taken.erase(id);
    schedule.add(id, arrival, sys::boot_now() + delay, care);
    administration.freed(id);
  }
  void on_gone(const std::string& id) override {
    taken.erase(id);
    schedule.remove(id);
    administration.freed(id);
  }
  void on_relief() override { ++reliefs; }

  queue::QueueFixture it;
  net::EventLoop loop;
  config::Settings settings;
  Schedule schedule;
  Recorder recorder{loop, it.queue, settings, *this, it.log};
  Administration administration{it.queue, settings, *this, recorder, *this, it.log};
  std::map<std::string, std::string> digests;
  int dissolved = 0;
  std::set<std::string> taken;
  int reliefs = 0;

  void take(const std::string& id) {
    ASSERT_EQ(schedule.take(sys::boot_now()), id);
    taken.insert(id);
  }
  // What the delivery does with a message in its hands.
  void put_back(const std::string& id) { on_put_back(id, sys::now(), Milliseconds(0), Care::none); }
  void leaves(const std::string& id) {
    ASSERT_TRUE(it.queue.discard(id));
    on_gone(id);
  }
};

TEST_F(AdministrationTest, HeldItIsInNoLineUntilItIsReleased) {
  const auto id = waiting();
  EXPECT_EQ(act(Verb::hold, id).what, What::done);
  EXPECT_TRUE(it.has(queue::kHeld, id));
  EXPECT_FALSE(schedule.contains(id));
  EXPECT_TRUE(logged("held id=" + id + " by=7 from=<sender@example.org> to=<a@b> recipients=1 reason=because"));
  EXPECT_EQ(act(Verb::hold, id).what, What::refused);
  EXPECT_EQ(administration.act({Verb::release, 7}, id).what, What::done);
  EXPECT_FALSE(schedule.contains(id)) << "before it is durable";
  EXPECT_TRUE(administration.commit());
  EXPECT_EQ(schedule.take(sys::boot_now()), id);
  EXPECT_GT(reliefs, 0);
}

TEST_F(AdministrationTest, ReleasedWhatMayHaveBeenDeliveredIsSentWithCare) {
  const auto id = waiting();
  auto entry = it.queue.load(id);
  ASSERT_TRUE(it.queue.record(*entry, std::vector<queue::Outcome>{{0, queue::RecipientStatus::possibly_delivered, ""}}));
  EXPECT_EQ(act(Verb::hold, id).what, What::done);
  EXPECT_EQ(act(Verb::release, id).what, What::done);
  EXPECT_EQ(schedule.take_careful(sys::boot_now()), id);
}

TEST_F(AdministrationTest, BouncedItLeavesAndItsNotificationIsInLine) {
  const auto id = waiting();
  EXPECT_EQ(act(Verb::bounce, id).what, What::done);
  EXPECT_FALSE(it.queue.has(id));
  const auto notification = schedule.take(sys::boot_now());
  ASSERT_TRUE(notification && *notification != id);
  const auto told = it.queue.load(*notification);
  EXPECT_EQ(told->envelope().recipients[0].address, "sender@example.org");
  EXPECT_NE(told->text()->find("because"), std::string::npos);
  EXPECT_NE(told->text()->find("An administrator of here.example has taken it out of the queue."), std::string::npos) << *told->text();
  EXPECT_TRUE(logged("given-up id=" + id + " by=7"));
}

TEST_F(AdministrationTest, WhatIsInATransactionIsDealtWithWhenItComesBack) {
  for (const Verb verb : {Verb::hold, Verb::bounce, Verb::remove}) {
    const auto id = waiting();
    take(id);
    EXPECT_EQ(act(verb, id).what, What::later);
    EXPECT_TRUE(it.has(queue::kCur, id));
    put_back(id);
    EXPECT_FALSE(it.has(queue::kCur, id)) << name_of(verb);
    EXPECT_FALSE(schedule.contains(id));
    EXPECT_EQ(it.has(queue::kHeld, id), verb == Verb::hold);
    if (verb == Verb::bounce) {
      EXPECT_TRUE(schedule.take(sys::boot_now()));
    }
  }
}

TEST_F(AdministrationTest, WhatIsDeliveredMeanwhileHasBeen) {
  const auto id = waiting();
  take(id);
  EXPECT_EQ(act(Verb::remove, id).what, What::later);
  leaves(id);
  EXPECT_FALSE(it.log.count("removed id="));
  EXPECT_TRUE(logged("not-done id=" + id + " what=remove by=7"));
  const auto other = waiting();
  put_back(other);
  EXPECT_TRUE(it.has(queue::kCur, other)) << "nothing is left to be done";
}

TEST_F(AdministrationTest, WhoWaitedForATransactionHearsOnceWhatBecameOfIt) {
  std::vector<std::string> heard;
  const auto then = [&](const Administration::Outcome& outcome) {
    heard.push_back(outcome.what == What::done ? "done" : outcome.text);
  };
  const auto held = waiting(), delivered = waiting();
  for (const auto& id : {held, delivered}) taken.insert(id);
  EXPECT_EQ(administration.act({Verb::hold, 7}, held, then).what, What::later);
  EXPECT_EQ(administration.act({Verb::bounce, 8}, held, then).what, What::later);
  EXPECT_EQ(administration.act({Verb::remove, 7}, delivered, then).what, What::later);
  EXPECT_TRUE(administration.commit());
  EXPECT_TRUE(heard.empty());
  put_back(held);
  leaves(delivered);
  EXPECT_EQ(heard, (std::vector<std::string>{"done", "done", "it has left the queue meanwhile; the log says how"}));
  EXPECT_FALSE(it.queue.has(held));
}

TEST_F(AdministrationTest, ADigestLeavesBeforeAnythingIsDoneToWhatItStandsFor) {
  for (const Verb verb : {Verb::hold, Verb::bounce, Verb::remove}) {
    const auto one = waiting(), other = waiting(), digest = digest_of({one, other});
    dissolved = 0;
    EXPECT_EQ(act(verb, one).what, What::done);
    EXPECT_EQ(dissolved, 1);
    EXPECT_FALSE(it.queue.has(digest) || schedule.contains(digest));
    EXPECT_TRUE(it.has(queue::kCur, other));
    EXPECT_FALSE(it.has(queue::kCur, one));
    EXPECT_TRUE(logged("removed id=" + digest + " by=7 from=<sender@example.org> to=<a@b> recipients=2 reason=\"for " + one + "\""));
    EXPECT_EQ(act(verb, digest).what, What::done) << "it was meant, too";
    EXPECT_EQ(act(verb, digest).what, What::refused);
  }
}

TEST_F(AdministrationTest, ADigestThatIsMetFirstIsNotInTheWayOfItsMessages) {
  for (const Verb verb : {Verb::hold, Verb::bounce, Verb::remove}) {
    const auto one = waiting(), other = waiting(), digest = digest_of({one, other});
    EXPECT_EQ(act(verb, digest).what, verb == Verb::bounce ? What::refused : What::done);
    for (const auto& id : {one, other}) {
      EXPECT_EQ(act(verb, id).what, What::done) << name_of(verb);
      EXPECT_EQ(it.has(queue::kHeld, id), verb == Verb::hold);
      EXPECT_FALSE(it.has(queue::kCur, id) || it.queue.has(digest));
    }
    EXPECT_EQ(act(verb, digest).what, verb == Verb::remove ? What::refused : What::done) << "when it is tried again";
  }
}

TEST_F(AdministrationTest, ADigestThatIsBeingSentIsWaitedFor) {
  const auto one = waiting(), digest = digest_of({one});
  taken.insert(digest);
  EXPECT_EQ(act(Verb::remove, one).what, What::later);
  EXPECT_TRUE(it.queue.has(one) && it.queue.has(digest));
  put_back(digest);
  EXPECT_FALSE(it.queue.has(one) || it.queue.has(digest));
}

TEST_F(AdministrationTest, ADigestThatLeavesItselfLeavesItsMessagesOnTheirOwn) {
  const auto one = waiting(), digest = digest_of({one});
  const auto refused = act(Verb::bounce, digest);
  EXPECT_EQ(refused.text, "it is a digest; bounce the messages that it stands for");
  EXPECT_EQ(act(Verb::hold, digest).what, What::done);
  EXPECT_EQ(carrier(one), digest);
  EXPECT_EQ(act(Verb::remove, digest).what, What::done);
  EXPECT_EQ(carrier(one), one);
  EXPECT_TRUE(it.has(queue::kCur, one));
}

TEST_F(AdministrationTest, ADigestThatSomebodyHasGotStandsForItsMessagesForGood) {
  const auto one = waiting(), digest = digest_of({one});
  auto entry = it.queue.load(digest);
  ASSERT_TRUE(it.queue.record(*entry, std::vector<queue::Outcome>{{0, queue::RecipientStatus::done, ""}}));
  EXPECT_EQ(act(Verb::hold, one).text, "some of its recipients have got it in digest " + digest);
  EXPECT_TRUE(it.has(queue::kCur, one) && it.has(queue::kCur, digest));
  EXPECT_EQ(act(Verb::remove, digest).what, What::done);
  EXPECT_FALSE(it.queue.has(one) || it.queue.has(digest) || schedule.contains(one));
  EXPECT_EQ(dissolved, 0);
}

TEST_F(AdministrationTest, WhatIsNotThereForItIsLeftAlone) {
  const auto id = it.submit(queue::envelope_to({"a@b"}));
  EXPECT_EQ(act(Verb::remove, id).what, What::refused) << "in new/";
  EXPECT_TRUE(it.queue.adopt(10));
  EXPECT_EQ(act(Verb::remove, id).what, What::refused) << "an older worker's, perhaps";
  EXPECT_TRUE(it.has(queue::kCur, id));
  const auto mine = waiting();
  EXPECT_EQ(act(Verb::release, mine).what, What::refused);
  EXPECT_EQ(act(Verb::remove, queue::new_queue_id()).what, What::refused);
}

TEST(ByHand, TheWordsComeBackOutOfTheReply) {
  EXPECT_EQ(words_by_hand(reply_by_hand("no more")), "no more");
  EXPECT_EQ(words_by_hand(reply_by_hand("")), "");
  EXPECT_EQ(words_by_hand("550 5.1.1 who?"), std::nullopt);
}

}  // namespace
}  // namespace mailchute::relay
