// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/queue_act.h"

#include <nlohmann/json.hpp>

#include "command_fixture.h"
#include "mailchute/terminal.h"
#include "queue/queue_id.h"

namespace mailchute {
namespace {

using sendmail::FakeDaemon;
using QueueAct = CommandTest;

queue::Listed listed(const std::string& id) {
  queue::Listed entry;
  entry.id = id;
  entry.place = queue::Place::held;
  entry.time = Time(Milliseconds(1790000000000));
  entry.size = 1000;
  entry.recipients = {{"a@b", queue::RecipientStatus::to_do, ""}};
  return entry;
}

std::string page(const std::vector<std::string>& ids) {
  std::string text;
  for (const auto& id : ids) text += " " + queue::format_listed(listed(id)) + "\n";
  return text + "OK requests=2 octets=2000\n";
}

const std::string kA = "1AAAAAAAAAAAAAAAAAAAAAAAAA", kB = "1BBBBBBBBBBBBBBBBBBBBBBBBB";

ActOptions on(std::vector<std::string> ids, bool yes = true) {
  ActOptions options;
  options.selection.ids = std::move(ids);
  options.yes = yes;
  return options;
}

TEST_F(QueueAct, ActsOnWhatWasFoundAndNothingElse) {
  FakeDaemon daemon(socket, {page({kA, kB}), " " + kA + " done \n " + kB + " later it is being sent\nOK\n"});
  auto options = on({"1AAA", "1bbb"});
  options.selection.older = "0s";
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::remove, options); }), 75) << "not all is done";
  EXPECT_EQ(out, "removed 1 message (1.0K octets); 1 not yet: it is being sent\n");
  const auto requests = daemon.requests();
  EXPECT_EQ(requests[0].find("LIST id=1AAA\tid=1bbb\tbefore="), 0u) << requests[0];
  EXPECT_EQ(requests[1], "REMOVE id=" + kA + "\tid=" + kB);
}

TEST_F(QueueAct, ManyAreNotRemovedWhereNobodyCanBeAsked) {
  FakeDaemon daemon(socket, {page({kA, kB}), page({kA, kB})});
  for (const Verb verb : {Verb::remove, Verb::bounce}) {
    EXPECT_EQ(told([&] { return act_on_messages(config, verb, on({"1AAA", "1BBB"}, false)); }), 64);
    EXPECT_EQ(out, "");
    EXPECT_NE(err.find(" 2 messages (2.0K octets: 2 held) takes --yes"), std::string::npos) << err;
  }
  EXPECT_EQ(daemon.requests().size(), 2u) << "nothing was asked for but the lists";
}

TEST_F(QueueAct, SaysWhyNotOncePerReason) {
  FakeDaemon daemon(socket, {page({kA, kB}), " " + kA + " refused it is held already\n " + kB + " refused it is held already\nOK\n"});
  auto options = on({"1AAA", "1BBB"});
  options.reason = "tab\there";
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::hold, options); }), 77);
  EXPECT_EQ(out, "held 0 messages (0 octets)\n");
  EXPECT_EQ(err, "mailchute: " + kA + " " + kB + " not held: it is held already\n");
  EXPECT_EQ(daemon.requests()[1].find("HOLD reason=tab\\there\tid="), 0u);
}

TEST_F(QueueAct, NamesSomeOfManyThatWereRefused) {
  Tally tally(Verb::hold, {});
  for (char c = 'A'; c < 'J'; ++c) tally.add({std::string(1, c), queue::Acted::What::refused, "it is held already"});
  EXPECT_EQ(tally.complaints(), std::vector<std::string>{"A B C D E and 4 more not held: it is held already"});
}

TEST_F(QueueAct, WhatIsRefusedIsTriedOnceMoreWhenTheOthersAreDone) {
  const std::string refused = " " + kA + " refused it is a digest\n " + kB + " done \nOK\n";
  FakeDaemon daemon(socket, {page({kA, kB}), refused, " " + kA + " done \nOK\n", page({kA, kB}), refused,
                             " " + kA + " refused it is a digest still\nOK\n", page({kA, kB}), refused, "ERROR no\n"});
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::bounce, on({"1AAA", "1BBB"})); }), 0) << err;
  EXPECT_EQ(out, "bounced 2 messages (2.0K octets)\n");
  for (const char* why : {"it is a digest still", "it is a digest"}) {
    EXPECT_EQ(told([&] { return act_on_messages(config, Verb::bounce, on({"1AAA", "1BBB"})); }), 77);
    EXPECT_EQ(out, "bounced 1 message (1.0K octets)\n");
    EXPECT_EQ(err, "mailchute: " + kA + " not bounced: " + why + "\n");
  }
  EXPECT_EQ(daemon.requests()[2], "BOUNCE id=" + kA);
}

TEST_F(QueueAct, ABeginningOfSeveralOrOfNoneIsNamed) {
  FakeDaemon daemon(socket, {page({kA, kB}), page({kA}), " " + kA + " done \nOK messages=1\n"});
  auto options = on({"1AAA"});
  options.selection.ids = {"1"};
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::remove, options); }), 77) << "too short";
  const std::vector<Found> both{Found(listed(kA)), Found(listed("1AAAB" + kA.substr(5)))};
  EXPECT_FALSE(named(both, {{"1AAA"}, {}, {}, {}, {}, {}, {}}));
  EXPECT_TRUE(named(both, {{"1AAAA"}, {}, {}, {}, {}, {}, {}}));
  daemon.requests();
}

TEST_F(QueueAct, RetriesWhatIsMeant) {
  FakeDaemon daemon(socket, {page({kA}), " " + kA + " done \nOK messages=1\n", "OK messages=9\n", page({kA}), "ERROR no entry X\n"});
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::retry, on({"1AAA", "ZZZZ"})); }), 77);
  EXPECT_EQ(out, "retried 1 message (1.0K octets)\n");
  EXPECT_EQ(err.find("mailchute: no entry ZZZZ"), 0u) << err;
  ActOptions all;
  all.selection.all = true;
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::retry, all); }), 0);
  EXPECT_EQ(out, "retried 9 messages\n");
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::retry, on({kA})); }), 77);
  EXPECT_EQ(err, "mailchute: " + kA + " not retried: no entry X\n");
  const auto requests = daemon.requests();
  EXPECT_EQ(requests[1], "RETRY " + kA);
  EXPECT_EQ(requests[2], "RETRY *");
}

TEST_F(QueueAct, WantsToKnowWhichMessages) {
  for (const Verb verb : {Verb::retry, Verb::hold, Verb::release, Verb::bounce, Verb::remove}) {
    EXPECT_EQ(told([&] { return act_on_messages(config, verb, {}); }), 64);
    EXPECT_EQ(complaints(), 1);
  }
}

TEST_F(QueueAct, IsADocumentForPrograms) {
  FakeDaemon daemon(socket, {page({kA, kB}), " " + kA + " done \n " + kB + " refused \\x1b[2J\nOK\n",
                             " " + kB + " refused \\x1b[2J\nOK\n"});
  auto options = on({"1AAA", "1BBB"});
  options.json = true;
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::release, options); }), 77);
  const auto document = nlohmann::json::parse(out);
  EXPECT_EQ(document["action"], "release");
  EXPECT_EQ(document["entries"][0], nlohmann::json({{"id", kA}, {"outcome", "done"}, {"reason", nullptr}, {"size", 1000}}));
  EXPECT_EQ(document["entries"][1]["reason"], "\x1b[2J");
  EXPECT_EQ(document["done"], 1);
  EXPECT_EQ(document["refused"], 1);
  EXPECT_EQ(document["left"], 0);
}

TEST(Exchange, IsCutWhereNoAddressCanBe) {
  const auto plain = parse_exchange("a+1=2@b.example=c@d");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->old, "a+1=2@b.example");
  EXPECT_EQ(plain->now, "c@d");
  for (const char* text : {"", "a@b", "a=b", "a@b=", "a@b=c", "a@b=c d@e f"}) EXPECT_FALSE(parse_exchange(text)) << text;
}

TEST(Bar, FillsUp) {
  EXPECT_EQ(bar("removing", 0, 3000, 80), "removing [                              ] 0 of 3000");
  EXPECT_EQ(bar("removing", 1500, 3000, 80), "removing [###############               ] 1500 of 3000");
  EXPECT_EQ(bar("removing", 3000, 3000, 80), "removing [##############################] 3000 of 3000");
}

TEST(Bar, HasRoomOnEveryTerminal) {
  EXPECT_EQ(bar("removing", 1500, 3000, 40), "removing [#######        ] 1500 of 3000");
  EXPECT_EQ(bar("removing", 1500, 3000, 28), "removing 1500 of 3000");
  for (std::size_t width = 1; width < 80; ++width) EXPECT_LT(bar("removing", 3000, 3000, width).size(), width);
}

TEST_F(QueueAct, AWordThatAScriptHasNotSetIsNoCondition) {
  ActOptions options;
  options.yes = true;
  options.selection.states = {"held"};
  const auto refused = [&](const char* what) {
    EXPECT_EQ(told([&] { return act_on_messages(config, Verb::release, options); }), 64) << what;
    EXPECT_EQ(complaints(), 1) << what;
  };
  options.selection.older = "";
  refused("--older");
  options.selection.older.reset();
  options.selection.reasons = {""};
  refused("--reason");
  options.selection.reasons.clear();
  options.sender = "";
  refused("--set-sender");
}

TEST_F(QueueAct, MoreThanTheDaemonReadsIsNotAskedFor) {
  FakeDaemon daemon(socket, {page({kA})});
  auto options = on({"1AAA"});
  options.reason = std::string(501, 'x');
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::bounce, options); }), 64);
  EXPECT_EQ(err, "mailchute: --because: longer than 500 octets\n");
  options.reason = std::string(500, 'x');
  options.selection.reasons = {std::string(70000, 'x')};
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::bounce, options); }), 64);
  EXPECT_EQ(err, "mailchute: too much to ask mailchuted for at a time: more than 65536 octets\n");
  EXPECT_EQ(queue::ask(socket, "LIST").has_value(), true) << "nobody has asked it before";
}

TEST_F(QueueAct, WhatIsNotThereIsInTheDocument) {
  FakeDaemon daemon(socket, {page({}), page({})});
  auto options = on({"1AAA"});
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::remove, options); }), 77);
  EXPECT_EQ(out, "");
  options.json = true;
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::remove, options); }), 77);
  const auto document = nlohmann::json::parse(out);
  EXPECT_EQ(document["entries"][0]["id"], "1AAA");
  EXPECT_EQ(document["entries"][0]["outcome"], "refused");
  EXPECT_EQ(document["refused"], 1);
  EXPECT_EQ(complaints(), 1);
}

TEST_F(QueueAct, WhoMayNotIsToldJustThat) {
  FakeDaemon daemon(socket, {page({kA, kB}), "ERROR only administrators may remove messages\n", page({kA}), "ERROR no\n"});
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::remove, on({"1AAA", "1BBB"})); }), 77);
  EXPECT_EQ(out, "");
  EXPECT_EQ(err, "mailchute: only administrators may remove messages\n");
  auto options = on({"1AAA"});
  options.json = true;
  EXPECT_EQ(told([&] { return act_on_messages(config, Verb::remove, options); }), 77);
  EXPECT_EQ(nlohmann::json::parse(out)["left"], 1);
}

}  // namespace
}  // namespace mailchute
