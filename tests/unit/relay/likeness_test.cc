// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/likeness.h"

#include <gtest/gtest.h>

#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

struct LikenessTest : ::testing::Test {
  queue::QueueFixture it;

  std::optional<std::string> of(const std::string& subject, const mail::Envelope& envelope, bool ignore_digits = false,
                                const std::string& body = "body\n") {
    const auto entry = it.entry(envelope, "Received: by test\nSubject: " + subject + "\n\n" + body);
    return likeness(entry, ignore_digits).value();
  }
  std::optional<std::string> of(const std::string& subject, bool ignore_digits = false) {
    return of(subject, queue::envelope_to({"you@example.org"}), ignore_digits);
  }
};

TEST_F(LikenessTest, IsTheSameForTheSameSenderRecipientsAndSubject) {
  const auto one = of("Disk full", queue::envelope_to({"a@example.org", "b@example.org"}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->size(), 32U);
  mail::Envelope later = queue::envelope_to({"b@example.org", "a@example.org"});
  later.time += Seconds(5);
  EXPECT_EQ(one, of("=?utf-8?q?Disk?=\n  full", later, false, "another body\n"));
  EXPECT_NE(one, of("Disk full", queue::envelope_to({"a@example.org"})));
  EXPECT_NE(one, of("disk full", queue::envelope_to({"a@example.org", "b@example.org"})));
  later.reverse_path = "other@example.org";
  EXPECT_NE(one, of("Disk full", later));
}

TEST_F(LikenessTest, DigitsCountUnlessTheyAreIgnored) {
  EXPECT_NE(of("Banned 192.0.2.7"), of("Banned 192.0.2.81"));
  EXPECT_EQ(of("Banned 192.0.2.7", true), of("Banned 192.0.2.81", true));
  EXPECT_NE(of("Banned 192.0.2.7", true), of("Banned a.0.2.7", true));
}

TEST_F(LikenessTest, WhatCannotGoIntoADigestHasNone) {
  const auto with = [](auto change) {
    mail::Envelope envelope = queue::envelope_to({"you@example.org"});
    change(envelope);
    return envelope;
  };
  EXPECT_FALSE(of("x", with([](auto& e) { e.envelope_id = "id"; })));
  EXPECT_FALSE(of("x", with([](auto& e) { e.recipients[0].notify.success = true; })));
  EXPECT_FALSE(of("x", with([](auto& e) { e.recipients.push_back({"bad@", {}, {}, "no domain"}); })));
  EXPECT_FALSE(of("x", with([](auto& e) { e.recipients.resize(21, e.recipients[0]); })));
  EXPECT_FALSE(of("x", queue::envelope_to({"you@example.org"}), false, std::string(999, 'x') + "\n"));
  EXPECT_FALSE(of("x", queue::envelope_to({"you@example.org"}), false, std::string("\0\n", 2)));
}

TEST_F(LikenessTest, WhatSomebodyGotHasNone) {
  auto entry = it.entry(queue::envelope_to({"a@example.org", "b@example.org"}));
  ASSERT_TRUE(likeness(entry, false).value());
  const queue::Outcome done{0, queue::RecipientStatus::done, {}, {}};
  ASSERT_TRUE(it.queue.record(entry, std::vector<queue::Outcome>{done}));
  EXPECT_FALSE(likeness(entry, false).value());
}

}  // namespace
}  // namespace mailchute::relay
