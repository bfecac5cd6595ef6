// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/leash.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "queue/queue_id.h"

namespace mailchute::mailchuted {
namespace {

using Kind = Message::Kind;

const std::string kFirst = "1" + std::string(queue::kQueueIdLength - 1, 'A');
const std::string kSecond = "2" + std::string(queue::kQueueIdLength - 1, 'B');

TEST(LeashMessage, IsReadAsItWasWritten) {
  for (int kind = 0; kind < static_cast<int>(Kind::gone); ++kind) {
    const Message message{static_cast<Kind>(kind), "", {}};
    const auto read = parse_message(format_message(message));
    ASSERT_TRUE(read) << kind;
    EXPECT_EQ(read->kind, message.kind);
  }
  const auto text = parse_message(format_message({Kind::cannot, "two\nlines", {}}));
  EXPECT_EQ(text->text, "two\nlines");
}

TEST(LeashMessage, CarriesWhatOthersLeft) {
  const auto read =
      parse_message(format_message({Kind::begin, "", {{kFirst, kSecond}, {kSecond}, {{kFirst, 4}}}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->inheritance.elsewhere, (std::set{kFirst, kSecond}));
  EXPECT_EQ(read->inheritance.possibly_delivered, std::set{kSecond});
  EXPECT_EQ(read->inheritance.deadly.at(kFirst), 4u);
}

TEST(LeashMessage, NothingElseIsUnderstood) {
  const std::vector<std::string> packets = {
      "", "ready", "gone\n", "what\n", "begin\n" + kFirst + "\n", "begin\n-" + kFirst,
      "begin\n-short\n", "begin\n\n", "begin\n-" + kFirst + "x\n", "begin\n!" + kFirst + "\n",
      "begin\n!" + kFirst + " many\n", "begin\n!" + kFirst + " 99999999999\n",
      "begin\n-" + kFirst + "\n-" + kFirst + "\n", "status\n" + std::string(kLongestMessage, 'x')};
  for (const std::string& packet : packets) {
    EXPECT_FALSE(parse_message(packet)) << packet.substr(0, 80);
  }
}

TEST(Leash, CarriesMessagesBothWaysInOrder) {
  auto ends = Leash::make();
  ASSERT_TRUE(ends);
  EXPECT_FALSE(ends->keeper.hear());
  EXPECT_TRUE(ends->worker.say({Kind::ready, "", {}}));
  EXPECT_TRUE(ends->worker.say({Kind::status, "fine", {}}));
  EXPECT_EQ(ends->keeper.hear()->kind, Kind::ready);
  EXPECT_EQ(ends->keeper.hear()->text, "fine");
  EXPECT_FALSE(ends->keeper.hear());
  EXPECT_TRUE(ends->keeper.say({Kind::retire, "", {}}));
  EXPECT_EQ(ends->worker.hear()->kind, Kind::retire);
}

TEST(Leash, TellsThatTheOtherSideHasGoneAfterItsLastWords) {
  auto ends = Leash::make();
  std::optional<Leash> worker(std::move(ends->worker));
  worker->say({Kind::cannot, "no", {}});
  worker.reset();
  EXPECT_EQ(ends->keeper.hear()->kind, Kind::cannot);
  EXPECT_EQ(ends->keeper.hear()->kind, Kind::gone);
  EXPECT_FALSE(ends->keeper.say({Kind::retire, "", {}}));
}

// Eight workers with their hands full.
TEST(Leash, HasRoomForAllThatOldWorkersCanHave) {
  auto ends = Leash::make();
  Message message{Kind::begin, "", {}};
  while (message.inheritance.elsewhere.size() < 2048) message.inheritance.elsewhere.insert(queue::new_queue_id());
  while (message.inheritance.possibly_delivered.size() < 1024) {
    message.inheritance.possibly_delivered.insert(queue::new_queue_id());
  }
  ASSERT_TRUE(ends->keeper.say(message));
  const auto heard = ends->worker.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->inheritance.elsewhere, message.inheritance.elsewhere);
  EXPECT_EQ(heard->inheritance.possibly_delivered, message.inheritance.possibly_delivered);
}

TEST(Leash, NobodyWaitsForWhoDoesNotRead) {
  auto ends = Leash::make();
  int said = 0;
  while (said < 1000000 && ends->worker.say({Kind::alive, "", {}})) ++said;
  EXPECT_LT(said, 1000000);
}

}  // namespace
}  // namespace mailchute::mailchuted
