// SPDX-License-Identifier: GPL-3.0-or-later
// What the daemon sends itself, notifications, stands for the mail of any submitter: the test has no other uid.
#include "relay/digester.h"

#include <gtest/gtest.h>

#include <fstream>

#include "relay/fitting.h"
#include "relay/likeness.h"
#include "sys/clock.h"
#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

class DigesterTest : public ::testing::Test, protected RecorderUser {
 protected:
  DigesterTest() {
    settings.hostname = "here.example";
    settings.storms.digests.names = {"anybody"};
  }
  static Concerned concerned(const config::Users& users) {
    std::vector<std::string> unknown;
    return {users, [](const std::string&) { return std::optional<std::uint32_t>(queue::kStranger); }, unknown};
  }

  // Held back by an earlier daemon, and due.
  std::string due(const std::string& message = queue::kMessage) {
    auto envelope = queue::envelope_to({"you@example.org"});
    envelope.reverse_path.clear();
    const auto entry = it.entry(envelope, message);
    queue::RetryInfo info;
    info.likeness = **likeness(entry, false);
    digester.found(entry.id(), envelope.time, info);
    ids.push_back(entry.id());
    return entry.id();
  }
  // Tries each until it is in a digest or goes alone; returns these.
  std::set<std::string> try_all() {
    std::set<std::string> alone;
    for (const std::string& id : ids) {
      while (alone.count(id) == 0 && !digester.stands_aside(id)) {
        if (!digester.holds_back(it.queue.load(id).value(), offered)) alone.insert(id);
      }
    }
    return alone;
  }
  std::vector<std::string> digests() {
    std::vector<std::string> digests;
    const auto waiting = it.queue.ids();
    for (const std::string& id : *waiting) {
      if (!it.queue.load(id)->progress().digest_of.empty()) digests.push_back(id);
    }
    return digests;
  }

  unsigned attempts(const std::string&, unsigned in_all) const override { return in_all; }
  void on_put_back(const std::string&, Time, Milliseconds, Care) override {}
  void on_gone(const std::string& id) override { gone.insert(id); }
  void on_relief() override {}

  queue::QueueFixture it;
  config::Settings settings;
  Submitters submitters{settings.storms, concerned({}), it.queue.daemon()};
  smtp::Extensions offered;
  Digester digester{it.queue, settings, concerned({false, {"anybody"}}), submitters, *this, it.log};
  std::vector<std::string> ids;
  std::set<std::string> gone;
};

std::uint64_t octets_read() {
  std::ifstream io("/proc/self/io");
  std::string name;
  std::uint64_t count = 0;
  io >> name >> count;
  return name == "rchar:" ? count : 0;
}

TEST_F(DigesterTest, WhatIsDueGoesInOneDigestThatNamesIt) {
  for (int i = 0; i < 20; ++i) due();
  EXPECT_TRUE(try_all().empty());
  ASSERT_EQ(digests().size(), 1U);
  const auto digest = it.queue.load(digests()[0]).value();
  const auto& originals = digest.progress().digest_of;
  EXPECT_EQ(std::set(originals.begin(), originals.end()), std::set(ids.begin(), ids.end()));
  for (const std::string& id : ids) EXPECT_EQ(digester.carrier(id), digests()[0]);
}

TEST_F(DigesterTest, WhatADigestCouldNotDeliverGoesAlone) {
  for (int i = 0; i < 3; ++i) due();
  try_all();
  auto digest = it.queue.load(digests().at(0)).value();
  const queue::Outcome refused{0, queue::RecipientStatus::failed, "554 5.6.0 no", "mail.example"};
  EXPECT_EQ(it.queue.record(digest, std::span(&refused, 1)).value(), queue::Disposition::removed);
  digester.gone(digest.id());
  EXPECT_EQ(try_all().size(), 3U);
  EXPECT_TRUE(gone.empty());
}

// As where one of them could not be read at a start.
TEST_F(DigesterTest, OfTwoDigestsOfOneMessageTheLastOneStandsForIt) {
  const std::string id = due();
  digester.found_digest("D1", {id}, {});
  digester.found_digest("D2", {id}, {});
  digester.gone("D1");
  EXPECT_EQ(digester.carrier(id), "D2");
  digester.gone(id);
  digester.gone("D2");
  EXPECT_EQ(digester.carrier(id), id);
  EXPECT_TRUE(gone.empty());
}

// The disk may be full of them.
TEST_F(DigesterTest, WhatCannotBeWrittenAsADigestGoesAlone) {
  for (int i = 0; i < 5; ++i) due();
  std::filesystem::remove_all(it.folder / queue::kWork);
  EXPECT_EQ(try_all().size(), 5U);
  EXPECT_EQ(it.log.count("3 digest-failed"), 1U);
}

TEST_F(DigesterTest, HasRoomForWhatMustBeEncodedForTheSmartHost) {
  offered.size = true;
  offered.size_limit = 60'000;
  offered.eight_bit_mime = false;
  std::string message = "From: a@example.org\nSubject: hi\n\n";
  while (message.size() < 4000) message += "\xd0\x9c\xd0\xb5\xd1\x81\xd1\x82\xd0\xb0 \xd0\xbd\xd0\xb5\xd1\x82\n";
  for (int i = 0; i < 30; ++i) due(message);
  EXPECT_TRUE(try_all().empty());
  std::uint64_t largest = 0;
  for (const std::string& id : digests()) {
    const auto sent = fitted(Outgoing::prepare(it.queue.load(id).value(), {}).value(), offered).value();
    EXPECT_FALSE(sent.transaction(1).eight_bit);
    EXPECT_LE(sent.wire_size, offered.size_limit);
    largest = std::max(largest, sent.wire_size);
  }
  EXPECT_GT(largest, offered.size_limit * 3 / 4) << "no more of them than it takes";
}

TEST_F(DigesterTest, WhatHasNoRoomIsReadAFewTimesOnly) {
  offered.size = true;
  offered.size_limit = 150'000;
  constexpr std::uint64_t kOctets = 100'000;
  std::string message = queue::kMessage;
  while (message.size() < kOctets) message += "a line of a message of which no two have room in a digest\n";
  for (int i = 0; i < 60; ++i) due(message);
  const auto before = octets_read();
  ASSERT_NE(before, 0U);
  EXPECT_EQ(try_all().size(), 60U);
  EXPECT_LT(octets_read() - before, 60 * kOctets * 12);
}

}  // namespace
}  // namespace mailchute::relay
