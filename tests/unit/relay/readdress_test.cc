// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/readdress.h"

#include <gtest/gtest.h>

#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

using queue::Outcome;
using queue::RecipientStatus;
using What = Verdict::What;

constexpr char kAliases[] =
    "root: ann@example.net, bob@example.net\n"
    "ann: ann@example.net\n"
    "noreply: /dev/null\n"
    "former: :fail: has left\n"
    "prog: |prog\n"
    "same: same\n";

mail::Router router_at(const std::string& domain) {
  const auto read = [](const std::string&, std::size_t) { return Result<std::string>(kAliases); };
  return mail::Router("here.example", domain, {}, mail::Aliases("/etc/aliases", "here.example", read));
}

struct ReaddressTest : ::testing::Test {
  queue::QueueFixture it;
  mail::Router router = router_at("example.org");
  std::vector<Settled> settled;

  queue::Entry readdressed(const std::vector<std::string>& recipients) {
    auto entry = it.entry(queue::envelope_to(recipients));
    settled = readdress(entry, router);
    return entry;
  }
  // "=" in front of one that was not looked up.
  static std::string recipients(const queue::Entry& entry) {
    std::string out;
    for (const auto& recipient : entry.envelope().recipients) {
      out += (out.empty() ? "" : " ") + std::string(recipient.expanded ? "" : "=") + recipient.address;
    }
    return out;
  }
};

TEST_F(ReaddressTest, LocalRecipientsAreReplacedAndOthersStay) {
  const auto entry = readdressed({"you@example.com", "root@here.example", "nobody@localhost"});
  EXPECT_EQ(recipients(entry), "=you@example.com ann@example.net bob@example.net nobody@example.org");
  EXPECT_TRUE(settled.empty());
}

TEST_F(ReaddressTest, TheOriginalAndTheWishesOfTheSenderAreKept) {
  auto envelope = queue::envelope_to({"root@here.example", "ann@here.example"});
  envelope.recipients[0].notify.never = true;
  envelope.recipients[1].original = "rfc822;first@example.com";
  envelope.recipients[1].address = "nobody+x@here.example";
  auto entry = it.entry(envelope);
  EXPECT_TRUE(readdress(entry, router).empty());
  const auto& to = entry.envelope().recipients;
  ASSERT_EQ(to.size(), 3u);
  EXPECT_EQ(to[1].original, "rfc822;root@here.example");
  EXPECT_TRUE(to[1].notify.never);
  EXPECT_EQ(to[2].original, "rfc822;first@example.com");
  EXPECT_FALSE(to[2].notify.never);
}

TEST_F(ReaddressTest, TheOriginalIsXtext) {
  const auto entry = readdressed({"a+b@here.example"});
  EXPECT_EQ(entry.envelope().recipients[0].original, "rfc822;a+2Bb@here.example");
}

TEST_F(ReaddressTest, NobodyGetsItTwice) {
  const auto entry = readdressed({"root@here.example", "ann@here.example", "bob@EXAMPLE.net"});
  EXPECT_EQ(recipients(entry), "ann@example.net =ann@here.example =bob@EXAMPLE.net");
  ASSERT_EQ(settled.size(), 1u);
  EXPECT_EQ(settled[0].recipient, 1u);
  EXPECT_EQ(settled[0].verdict.what, What::discarded);
  EXPECT_EQ(settled[0].verdict.reply, "<ann@example.net> gets it already");
}

TEST_F(ReaddressTest, WhoCannotBeSentToHasAVerdict) {
  const auto entry = readdressed({"root@here.example", "noreply@here.example", "former@here.example", "prog@here.example"});
  EXPECT_EQ(recipients(entry),
            "ann@example.net bob@example.net =noreply@here.example =former@here.example =prog@here.example");
  ASSERT_EQ(settled.size(), 3u);
  EXPECT_EQ(settled[0].recipient, 2u);
  EXPECT_EQ(settled[0].verdict.what, What::discarded);
  EXPECT_EQ(settled[0].verdict.reply, "/etc/aliases:3: thrown away, as the alias says");
  EXPECT_EQ(settled[1].verdict.what, What::failed);
  EXPECT_EQ(words_of_alias(settled[1].verdict.reply), "has left");
  EXPECT_EQ(settled[2].verdict.what, What::deferred);
  EXPECT_TRUE(settled[2].verdict.reply.starts_with("/etc/aliases:5: '|prog'"));
}

TEST_F(ReaddressTest, WhatWasExpandedIsNotLookedUpAgain) {
  router = router_at("here.example");  // local addresses come out
  auto entry = readdressed({"same@here.example", "root@here.example"});
  EXPECT_EQ(recipients(entry), "=same@here.example ann@example.net bob@example.net");
  auto envelope = queue::envelope_to({"root@here.example"});
  envelope.recipients[0].expanded = true;
  auto final = it.entry(envelope);
  readdress(final, router);
  EXPECT_EQ(final.envelope().recipients.size(), 1u);
}

TEST_F(ReaddressTest, OnlyWhoIsToDoIsLookedUp) {
  auto entry = it.entry(queue::envelope_to({"root@here.example", "nobody@here.example", "other@here.example"}));
  const std::vector<Outcome> outcomes{{0, RecipientStatus::done, ""}, {1, RecipientStatus::possibly_delivered, ""}};
  ASSERT_TRUE(it.queue.record(entry, outcomes));
  EXPECT_TRUE(readdress(entry, router).empty());
  EXPECT_EQ(recipients(entry), "=root@here.example =nobody@here.example other@example.org");
  EXPECT_EQ(entry.progress().status, "+?-");
}

TEST_F(ReaddressTest, NobodyGetsAMessageThatAllCannotGet) {
  std::string list = "all: a@b";
  for (int i = 0; i < 9000; ++i) list += "," + std::string(990, 'a') + std::to_string(i) + "@x";
  const auto read = [&](const std::string&, std::size_t) { return Result<std::string>(list); };
  router = mail::Router("here.example", "example.org", {}, mail::Aliases("/etc/aliases", "here.example", read));
  const auto entry = readdressed({"other@here.example", "you@x", "all@here.example"});
  EXPECT_EQ(recipients(entry), "=other@here.example =you@x =all@here.example");
  ASSERT_EQ(settled.size(), 2u);
  EXPECT_EQ(settled[1].recipient, 2u);
  EXPECT_EQ(settled[1].verdict.what, What::deferred);
}

TEST(AliasReply, GivesTheWordsBack) {
  EXPECT_EQ(words_of_alias(refused_by_alias("550 no")), "550 no");
  EXPECT_FALSE(words_of_alias("550 5.1.1 who?"));
}

}  // namespace
}  // namespace mailchute::relay
