// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/selection.h"

#include <gtest/gtest.h>

#include <functional>

#include "queue/queue_id.h"

namespace mailchute::queue {
namespace {

const Time kNow{Milliseconds(1790000000000)};
constexpr char kId[] = "17YD8ES5AWGCTFBQVQHM8A1YHM";

Listed waiting() {
  Listed entry;
  entry.id = kId;
  entry.place = Place::waiting;
  entry.time = kNow;
  entry.sender = "me@example.org";
  entry.recipients = {{"you@example.net", RecipientStatus::to_do, ""}, {"bad@b", RecipientStatus::failed, "550 Who?"}};
  entry.info.reason = "451 Locked";
  return entry;
}

bool matches(const Selection& selection, const Listed& entry = waiting()) {
  const auto selector = Selector::of(selection);
  EXPECT_TRUE(selector) << selector.error().text;
  const bool may = selector->may_match(entry.id, entry.place == Place::active ? Place::waiting : entry.place, entry.time);
  const bool does = selector->matches(entry);
  EXPECT_TRUE(may || !does) << "what may not match does";
  return does;
}

TEST(Selection, MeansWhatHasOneOfEachKindThatIsGiven) {
  Selection all;
  EXPECT_TRUE(matches({}));
  all.ids = {"ZZZZ", "17yd8"};
  all.senders = {"nobody", "*@example.org"};
  all.recipients = {"@B"};
  all.reasons = {"LOCKED"};
  all.places = {Place::held, Place::waiting};
  all.before = kNow + Milliseconds(1);
  all.since = kNow;
  EXPECT_TRUE(matches(all));
  using Change = std::function<void(Selection&)>;
  for (const Change& change : {Change([](auto& s) { s.ids = {"17YD9"}; }), Change([](auto& s) { s.senders = {"you"}; }),
                               Change([](auto& s) { s.recipients = {"@c"}; }), Change([](auto& s) { s.reasons = {"quota"}; }),
                               Change([](auto& s) { s.places = {Place::failed}; }), Change([](auto& s) { s.before = kNow; }),
                               Change([](auto& s) { s.since = kNow + Milliseconds(1); })}) {
    Selection other = all;
    change(other);
    EXPECT_FALSE(matches(other));
  }
}

TEST(Selection, KnowsWhatIsInDeliveryOnlyWhenItIsTold) {
  Selection active;
  active.places = {Place::active};
  Listed entry = waiting();
  EXPECT_FALSE(matches(active, entry));
  entry.place = Place::active;
  EXPECT_TRUE(matches(active, entry));
  active.places = {Place::waiting};
  EXPECT_FALSE(matches(active, entry));
}

TEST(Selection, FindsAReasonInTheRepliesToRecipientsToo) {
  Selection selection;
  selection.reasons = {"who"};
  EXPECT_TRUE(matches(selection));
}

TEST(Selection, IdsAreBeginningsOfFourCharactersOrMore) {
  Selection selection;
  selection.ids = {kId};
  EXPECT_TRUE(matches(selection));
  for (const auto& ids : {std::vector<std::string>{"17YD"}, {"17YDA", "17YD8E", "17YD8ES9"}, {"17YC", "17YD8", "17YE"}}) {
    selection.ids = ids;
    EXPECT_TRUE(matches(selection)) << ids.front();
  }
  selection.ids = {"17YDA", "17YD7"};
  EXPECT_FALSE(matches(selection));
  selection.ids = {"17Y"};
  EXPECT_FALSE(Selector::of(selection));
}

TEST(PathPattern, MeansOneAddressOrMany) {
  const auto meets = [](const char* pattern, const char* path) { return PathPattern::parse(pattern)->matches(path); };
  EXPECT_TRUE(meets("root", "root@web1.example.org") && meets("root@", "root") && meets("Root@*", "ROOT@here"));
  EXPECT_TRUE(meets("@example.org", "a@Example.Org") && !meets("@example.org", "a@sub.example.org"));
  EXPECT_TRUE(meets("bounce+*@*", "bounce+1=2@x") && !meets("bounce+*@*", "bounces@x"));
  EXPECT_TRUE(meets("<>", "") && !meets("<>", "a@b") && !meets("*", ""));
  for (const char* none : {"", "@", "a b@c", "a\n@c"}) EXPECT_FALSE(PathPattern::parse(none)) << none;
}

TEST(Selection, CrossesTheSocketAsItIs) {
  Selection selection{{"17YD"}, {"<>", "*@a"}, {"b"}, {"tab\tand line\n"}, {Place::held, Place::failed}, kNow, kNow - Seconds(5)};
  EXPECT_EQ(selection_of(words_of(selection)), selection);
  EXPECT_EQ(selection_of({}), Selection());
}

// Else more would be meant than was said.
TEST(Selection, IsRefusedWhereAWordIsNotUnderstood) {
  for (const Word& word : {Word{"uid", "0"}, Word{"state", "heavy"}, Word{"before", "soon"}, Word{"", ""}})
    EXPECT_FALSE(selection_of({word})) << word.key;
}

}  // namespace
}  // namespace mailchute::queue
