// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue/view.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "fixture.h"

namespace mailchute::queue {
namespace {

TEST(View, FindsAnEntryWhereverItLies) {
  QueueFixture it;
  const auto id = it.submit(envelope_to({"a@b"}));
  const auto view = View::open(it.folder.path()).value();
  EXPECT_EQ(view.find(id)->place, Place::incoming);
  it.queue.adopt(1).value();
  const char* from = kCur;
  EXPECT_EQ(view.find(id)->place, Place::waiting);
  for (const Place place : {Place::held, Place::failed}) {
    std::filesystem::rename(it.in(from, id), it.in(folder_of(place), id));
    from = folder_of(place);
    EXPECT_EQ(view.find(id)->place, place);
    EXPECT_TRUE(view.read(id, place));
    EXPECT_FALSE(view.read(id, Place::waiting));
  }
  EXPECT_EQ(view.find_whole(id)->head->envelope.recipients[0].address, "a@b");
  std::filesystem::remove(it.in(from, id));
  EXPECT_FALSE(view.find(id));
}

TEST(View, ReadsWhatIsKnownOfAttempts) {
  QueueFixture it;
  const auto id = it.submit(envelope_to({"a@b"}));
  it.queue.adopt(1).value();
  it.queue.save_info(id, {3, Time(Seconds(5)), Time(Seconds(6)), "451 later"});
  const auto view = View::open(it.folder.path()).value();
  EXPECT_EQ(view.read(id, Place::waiting)->info, view.info(id));
  EXPECT_EQ(view.info(id).reason, "451 later");
}

TEST(View, SaysOfWhatIsNoAddressWhyItWillFail) {
  QueueFixture it;
  auto envelope = envelope_to({"a@b"});
  envelope.recipients.push_back({"b@@b", "", {}, "an '@' too many"});
  const auto found = View::open(it.folder.path())->find(it.submit(envelope));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->recipients[0].reply, "");
  EXPECT_EQ(found->recipients[1].reply, "an '@' too many");
}

TEST(View, NamesThatAreNoIdsAreNotOpened) {
  QueueFixture it;
  const auto view = View::open(it.folder.path()).value();
  for (const char* name : {"", ".", "..", "../lock", "nonsense"}) EXPECT_FALSE(view.find(name)) << name;
}

TEST(View, AQueueThatTheDaemonHasNotSeenYetHasNothingButNewMail) {
  support::TemporaryFolder folder;
  EXPECT_FALSE(View::open(folder.path()));
  std::filesystem::create_directory(folder / kNew);
  const auto view = View::open(folder.path());
  ASSERT_TRUE(view) << view.error().text;
  EXPECT_FALSE(view->find("0123456789ABCDEFGHJKMNPQRS"));
  EXPECT_TRUE(view->names(Place::incoming));
  EXPECT_FALSE(view->names(Place::held));
}

}  // namespace
}  // namespace mailchute::queue
