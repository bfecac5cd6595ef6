// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/explain.h"

#include <gtest/gtest.h>
#include <sysexits.h>

#include "support/temporary_folder.h"

namespace mailchute::config {
namespace {

constexpr char kAliases[] =
    "root: ann@example.net, bob@x\n"
    "gone: :fail: has\tleft\n"
    "pipe: |/bin/cat\n"
    "void: :include:@/none\n";

struct ExplainTest : ::testing::Test {
  ExplainTest() {
    settings.hostname = "web1.example.org";
    settings.domain = "example.org";
    settings.aliases = folder / "aliases";
    std::string aliases = kAliases;
    aliases.replace(aliases.find('@', aliases.find("include")), 1, folder.path());
    support::write_file(settings.aliases, aliases);
    settings.smart_hosts.emplace_back();
    settings.smart_hosts.front().host = "mail.example.org";
    settings.smart_hosts.front().port = 587;
  }
  Inquiry inquiry(std::string_view sender = "me") const { return std::move(*Inquiry::of(sender, settings)); }
  std::string told(std::string_view list, std::string_view sender = "me") const {
    std::string text;
    for (const Explanation& explanation : inquiry(sender).ask(list).explanations) text += text_of(explanation);
    return text;
  }
  int status(const std::vector<std::string>& lists) const {
    Inquiry asked = inquiry();
    for (const std::string& list : lists) (void)asked.ask(list);
    return asked.exit_status();
  }

  support::TemporaryFolder folder;
  Settings settings;
};

TEST_F(ExplainTest, SaysEachStepTheOutcomeTheSmartHostAndItsSender) {
  EXPECT_EQ(told("root"), "root\n"
                          "  root: alias at " + settings.aliases + ":1\n"
                          "    ann@example.net: no address of this machine, stays as it is\n"
                          "    bob@x: no address of this machine, stays as it is\n"
                          "  sent to ann@example.net, bob@x\n"
                          "  by way of mail.example.org port 587 with STARTTLS, without authentication\n"
                          "  from <me@example.org>, the smart host's sender for <me@web1.example.org>\n");
}

TEST_F(ExplainTest, SaysOfWhatIsNotSentWhyAndNoWay) {
  EXPECT_TRUE(told("gone").ends_with("\n  not sent, and the sender is told: has left\n")) << told("gone");
  const std::string unusable = told("pipe");
  EXPECT_NE(unusable.find("\n  kept until this is mended: " + settings.aliases + ":3: "), unusable.npos) << unusable;
  for (const char* name : {"gone", "pipe"}) EXPECT_EQ(told(name).find("by way of"), std::string::npos) << name;
}

TEST_F(ExplainTest, SaysTheSenderOnceWhereItStaysAsItIs) {
  EXPECT_TRUE(told("you@example.com", "<>").ends_with("\n  from <>\n"));
  EXPECT_TRUE(told("you@example.com", "me@example.org").ends_with("\n  from <me@example.org>\n"));
}

TEST_F(ExplainTest, SaysThatThereIsNoSmartHost) {
  settings.smart_hosts.clear();
  EXPECT_TRUE(told("root").ends_with("\n  by way of nothing: no smart_host is set\n  from <me@web1.example.org>\n"))
      << told("root");
}

TEST_F(ExplainTest, ASmartHostIsDescribedByHowItIsReachedAndAsWhom) {
  SmartHost host;
  host.host = "h";
  host.port = 25;
  host.tls = Tls::none;
  EXPECT_EQ(describe(host), "h port 25 without TLS, without authentication");
  host.verify_certificate = false;
  EXPECT_EQ(describe(host), "h port 25 without TLS, without authentication");
  host.tls = Tls::starttls;
  host.user = "web1";
  EXPECT_EQ(describe(host), "h port 25 with STARTTLS, unverified, as web1");
  host.tls = Tls::implicit;
  host.verify_certificate = true;
  EXPECT_EQ(describe(host), "h port 25 with TLS, as web1");
}

TEST_F(ExplainTest, AListIsReadAsInAHeaderField) {
  const auto answer = inquiry().ask("Ann <ann@example.net>, bad@@x, team: root;");
  ASSERT_EQ(answer.explanations.size(), 2u);
  EXPECT_EQ(answer.explanations[0].address, "ann@example.net");
  EXPECT_EQ(answer.explanations[1].address, "root");
  ASSERT_EQ(answer.bad.size(), 1u);
  EXPECT_EQ(answer.bad[0].text, "bad@@x");
}

TEST_F(ExplainTest, WhatHasNoAddressIsNone) {
  for (const std::string& list : std::vector<std::string>{"", " ", "()", ";", std::string(5000, ' ')}) {
    const auto answer = inquiry().ask(list);
    ASSERT_EQ(answer.bad.size(), 1u) << list;
    EXPECT_FALSE(answer.bad[0].reason.empty());
    EXPECT_LE(answer.bad[0].text.size(), mail::kMaxAddress);
  }
}

TEST_F(ExplainTest, TheExitStatusIsThatOfTheWorstThatWasAsked) {
  EXPECT_EQ(status({}), EX_OK);
  EXPECT_EQ(status({"root", "you@example.com, nobody"}), EX_OK);
  EXPECT_EQ(status({"gone", "root"}), EX_NOUSER);
  EXPECT_EQ(status({"root, pipe"}), EX_NOUSER);
  EXPECT_EQ(status({"bad@@x", "root"}), EX_DATAERR);
  EXPECT_EQ(status({"gone", "bad@@x"}), EX_DATAERR);
  EXPECT_EQ(status({"bad@@x", "gone"}), EX_DATAERR);
  EXPECT_EQ(status({""}), EX_DATAERR);
}

TEST_F(ExplainTest, ASenderThatCanBeNoneIsNoSender) {
  const auto inquiry = Inquiry::of("a@b, c@d", settings);
  ASSERT_FALSE(inquiry);
  EXPECT_EQ(inquiry.error().kind, Error::Kind::data);
}

}  // namespace
}  // namespace mailchute::config
