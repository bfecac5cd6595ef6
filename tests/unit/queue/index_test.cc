// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/index.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "fixture.h"

namespace mailchute::queue {
namespace {

class IndexTest : public ::testing::Test {
 protected:
  std::string submit_at(int second) {
    auto envelope = envelope_to({"a@b"});
    envelope.time = Time(Seconds(1790000000 + second));
    return it.submit(envelope);
  }
  void look() {
    const auto wanted = index.next_look();
    while (!index.done(wanted)) ASSERT_TRUE(index.step());
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> all;
    Position last;
    while (const auto item = index.after(last)) {
      all.push_back(item->id);
      last = {item->time, item->id};
    }
    return all;
  }
  // From one folder to another, as the daemon does.
  void move(const std::string& id, const char* from, const char* to) {
    std::filesystem::rename(it.in(from, id), it.in(to, id));
  }

  QueueFixture it;
  Index index{it.folder.path()};
};

TEST_F(IndexTest, GoesThroughTheEntriesInOrderOfAge) {
  const auto second = submit_at(2), third = submit_at(3), first = submit_at(1);
  it.drop("junk");
  look();
  EXPECT_EQ(ids(), (std::vector{first, second, third}));
  EXPECT_EQ(index.count(Place::incoming).entries, 3u);
  EXPECT_EQ(index.count(Place::incoming).octets, 3 * (sizeof kMessage - 1));
  EXPECT_EQ(index.count(Place::incoming).oldest, Time(Seconds(1790000001)));
  EXPECT_EQ(index.count(Place::waiting).entries, 0u);
}

TEST_F(IndexTest, TellsThoseOfTheSameTimeApart) {
  const auto a = submit_at(1), b = submit_at(1);
  look();
  EXPECT_EQ(ids(), (std::vector{std::min(a, b), std::max(a, b)}));
}

TEST_F(IndexTest, SeesWhatComesMovesAndGoes) {
  const auto stays = submit_at(1), moves = submit_at(2), goes = submit_at(3);
  look();
  it.queue.adopt(10).value();
  move(moves, kCur, kHeld);
  std::filesystem::remove(it.in(kCur, goes));
  const auto comes = submit_at(0);
  look();
  EXPECT_EQ(ids(), (std::vector{comes, stays, moves}));
  EXPECT_EQ(index.after({Time(Seconds(1790000001)), stays})->place, Place::held);
  EXPECT_EQ(index.count(Place::held).entries, 1u);
  EXPECT_EQ(index.count(Place::waiting).entries, 1u);
}

TEST_F(IndexTest, ALookThatWasUnderWayIsNoAnswer) {
  look();
  ASSERT_TRUE(index.step());  // begins one
  const auto wanted = index.next_look();
  const auto late = submit_at(1);
  while (!index.done(wanted - 1)) ASSERT_TRUE(index.step());
  EXPECT_FALSE(index.done(wanted));
  while (!index.done(wanted)) ASSERT_TRUE(index.step());
  EXPECT_EQ(ids(), std::vector{late});
}

// An administrator puts it back while the folders are looked at: cur/ was before held/.
TEST_F(IndexTest, LosesNothingThatMovesBack) {
  const auto id = submit_at(1);
  it.queue.adopt(1).value();
  move(id, kCur, kHeld);
  look();
  const auto wanted = index.next_look();
  for (int steps = 0; !index.done(wanted); ++steps) {
    if (steps == 5) move(id, kHeld, kCur);
    ASSERT_TRUE(index.step());
  }
  EXPECT_EQ(ids(), std::vector{id});
}

TEST_F(IndexTest, FindsByTheBeginningOfAnIdWhatBelongsToTheOwner) {
  const auto id = submit_at(1);
  for (int i = 0; i < 20; ++i) submit_at(2);
  look();
  const auto all = index.with_prefix("", std::nullopt, 100);
  EXPECT_EQ(all.size(), 21u);
  EXPECT_EQ(index.with_prefix("", std::nullopt, 4).size(), 4u);
  ASSERT_EQ(index.with_prefix(id, ::getuid(), 4).size(), 1u);
  EXPECT_EQ(index.with_prefix(id.substr(0, 12), ::getuid(), 4).at(0).id, id);
  EXPECT_TRUE(index.with_prefix(id, kStranger, 4).empty());
  EXPECT_TRUE(index.with_prefix("8", std::nullopt, 4).empty());
  EXPECT_TRUE(index.with_prefix(id + "0", std::nullopt, 4).empty());
}

TEST_F(IndexTest, AQueueThatIsNotThereIsAnErrorEachTime) {
  Index nowhere("/nonexistent/queue");
  EXPECT_FALSE(nowhere.step());
  EXPECT_FALSE(nowhere.step());
  EXPECT_FALSE(nowhere.done(1));
}

}  // namespace
}  // namespace mailchute::queue
