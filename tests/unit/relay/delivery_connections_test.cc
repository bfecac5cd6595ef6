// SPDX-License-Identifier: GPL-3.0-or-later
// Connections: when they are opened, used further, given up or waited for.
#include <functional>
#include <set>

#include "unit/relay/delivery_fixture.h"

namespace mailchute::relay {
namespace {

using queue::count_names;

TEST_F(DeliveryTest, AMessageThatIsDueDoesNotWaitForAnIdleConnectionToEnd) {
  settings.retry.first = settings.retry.longest = Seconds(0);
  settings.smart_hosts.front().idle = Seconds(3600);
  smart_host.replies["RCPT"] = {"451 4.2.1 later", "250 ok"};
  submit({"a@a"});
  start();
  run_until([&] { return logged("delivered "); });
  EXPECT_EQ(smart_host.connections(), 1u);
}

TEST_F(DeliveryTest, ASmartHostThatWouldTakeNoMessageIsAskedAgainOverANewConnection) {
  settings.retry.first = settings.retry.longest = Seconds(0);
  settings.smart_hosts.front().idle = Seconds(3600);
  smart_host.replies["MAIL"] = {"451 4.3.0 later", "250 ok"};
  submit({"a@a"});
  start();
  run_until([&] { return logged("delivered "); });
  EXPECT_EQ(smart_host.connections(), 2u);
}

// As OpenSMTPD does after a hundred.
TEST_F(DeliveryTest, ASmartHostThatTakesSoManyMessagesOverAConnectionIsNotPaused) {
  settings.smart_hosts.front().connections = 1;
  smart_host.replies["MAIL"] = {"250 ok", "250 ok", "452 4.5.3 too many messages", "250 ok"};
  for (int i = 0; i < 5; ++i) submit({"a@a"});
  auto& running = start();
  run_until([&] { return it.log.count("delivered ") == 5; });
  EXPECT_FALSE(running.status().paused_for);
  EXPECT_EQ(smart_host.connections(), 2u);
  EXPECT_FALSE(logged("deferred ")) << "the one that was refused is the next";
}

TEST_F(DeliveryTest, TroubleBeforeMailTouchesNoMessage) {
  smart_host.replies["EHLO"] = {"421 4.3.2 busy"};
  const auto id = submit({"a@a"});
  auto& running = start();
  run_until([&] { return logged("smart-host-trouble"); });
  run_until([&] { return running.status().paused_for.has_value(); });
  EXPECT_EQ(it.queue.load_info(id).attempts, 0u);
  EXPECT_FALSE(it.queue.load(id).value().own()) << "not even copied";
  EXPECT_EQ(running.retry_all(), 1u);
  EXPECT_FALSE(running.status().paused_for);
}

TEST_F(DeliveryTest, AnotherNetworkEndsThePauseOfASmartHostThatWasSilent) {
  smart_host.replies["connect"] = {""};
  submit({"a@a"});
  auto& running = start();
  run_until([&] { return running.status().paused_for.has_value(); });
  smart_host.replies["connect"] = {"220 hi"};
  EXPECT_TRUE(running.network_changed());
  run_until([&] { return logged("delivered "); });
  EXPECT_FALSE(running.network_changed()) << "there is nothing to send";
}

TEST_F(DeliveryTest, AnotherNetworkDoesNotHurryASmartHostThatAnswered) {
  smart_host.replies["EHLO"] = {"421 4.3.2 busy"};
  submit({"a@a"});
  auto& running = start();
  run_until([&] { return running.status().paused_for.has_value(); });
  EXPECT_FALSE(running.network_changed());
  EXPECT_TRUE(running.status().paused_for);
}

TEST_F(DeliveryTest, AnotherNetworkHurriesTheMessageThatAConnectionWasLostWith) {
  settings.retry.first = Seconds(3600);
  smart_host.replies["DATA"] = {"", "354 go on"};
  submit({"a@a"});
  auto& running = start();
  run_until([&] { return logged("deferred "); });
  EXPECT_TRUE(running.network_changed());
  run_until([&] { return logged("delivered "); });
}

TEST_F(DeliveryTest, ASmartHostThatOnlyHangsUpIsNotAskedAgainAtOnce) {
  smart_host.replies["RSET"] = {""};
  submit({"a@a"});
  auto& running = start();
  run_until([&] { return logged("smart-host-trouble"); });
  run_until([&] { return running.status().paused_for.has_value(); });
  EXPECT_EQ(smart_host.connections(), 1u);
}

TEST_F(DeliveryTest, A421AtTheLastRecipientIsAnInterruptionToo) {
  smart_host.replies["RCPT"] = {"421 4.3.2 bye"};
  for (int i = 0; i < 10; ++i) submit({"a@a"});
  auto& running = start();
  run_until([&] { return running.status().paused_for.has_value() || it.log.count("deferred ") == 10; });
  EXPECT_EQ(it.log.count("deferred "), 2u) << "one, and a different one";
  EXPECT_TRUE(running.status().paused_for);
}

TEST_F(DeliveryTest, ASmartHostThatClosesWhenCommandsComeTogetherGetsThemOneByOne) {
  settings.retry.first = settings.retry.longest = Seconds(0);
  smart_host.answer = [&](const std::string& line) -> std::optional<std::string> {
    if (line.starts_with("EHLO")) return "250-hi\r\n250 PIPELINING";
    if (smart_host.together && !line.empty()) return "";
    return std::nullopt;
  };
  for (int i = 0; i < 5; ++i) submit({"a@a"});
  start();
  run_until([&] { return logged("delivered ", 5); });
  EXPECT_EQ(it.log.count("capability-broken "), 1u);
  EXPECT_TRUE(logged("capability=PIPELINING"));
}

TEST_F(DeliveryTest, ASmartHostThatClosesAtAParameterGetsMailWithoutIt) {
  settings.retry.first = settings.retry.longest = Seconds(0);
  smart_host.answer = [](const std::string& line) -> std::optional<std::string> {
    if (line.starts_with("EHLO")) return "250-hi\r\n250 SIZE";
    return line.find("SIZE=") != line.npos ? std::optional("") : std::nullopt;
  };
  for (int i = 0; i < 5; ++i) submit({"a@a"});
  start();
  run_until([&] { return logged("delivered ", 5); });
  EXPECT_TRUE(logged("capability=SIZE"));
  EXPECT_LE(smart_host.connections(), 4u);
}

TEST_F(DeliveryTest, ASmartHostThatLosesItsPlaceInAGroupIsNotPaused) {
  smart_host.answer = [&](const std::string& line) -> std::optional<std::string> {
    if (line.starts_with("EHLO")) return "250-hi\r\n250 PIPELINING";
    if (smart_host.together && line.starts_with("MAIL")) return "503 5.5.1 RSET first";
    return smart_host.together ? std::optional("250 ok") : std::nullopt;
  };
  submit({"a@a"});
  start();
  run_until([&] { return logged("delivered "); });
  EXPECT_TRUE(logged("capability=PIPELINING"));
  EXPECT_FALSE(logged("stage=MAIL"));
}

TEST_F(DeliveryTest, OneConnectionIsEnoughForAHandful) {
  for (int i = 0; i < 8; ++i) submit({"a@a"});
  start();
  run_until([&] { return logged("delivered ", 8); });
  EXPECT_EQ(smart_host.connections(), 1u);
}

TEST_F(DeliveryTest, ManyMessagesGoOverSeveralConnectionsUpToTheLimit) {
  settings.smart_hosts.front().connections = 3;
  for (int i = 0; i < 100; ++i) submit({"a@a"});
  std::size_t most = 0;
  smart_host.message_came = [&] { most = std::max(most, delivery->status().connections); };
  start();
  run_until([&] { return logged("delivered ", 100); });
  EXPECT_EQ(most, 3u);
  EXPECT_EQ(smart_host.messages.size(), 100u);
}

TEST_F(DeliveryTest, AMessageThatTheSmartHostStallsOnHoldsUpNobody) {
  smart_host.answer = [](const std::string& line) -> std::optional<std::string> {
    if (line == ". RCPT TO:<stalls@a>") return "-";
    if (line.starts_with("EHLO")) return "250-hi\r\n250 PIPELINING";
    return std::nullopt;
  };
  submit({"stalls@a"});
  auto& running = start();
  run_until([&] { return smart_host.messages.size() == 1; });
  for (int i = 0; i < 30; ++i) submit({"b@b"});
  running.look_for_new_mail();
  run_until([&] { return logged("delivered ", 30); });
  EXPECT_EQ(running.status().in_flight, 1u);
  EXPECT_EQ(running.status().waiting, 1u);
}

TEST_F(DeliveryTest, APoisonousMessageHoldsUpNobodyAndPausesNothing) {
  settings.retry = {Seconds(0), Seconds(0), Seconds(1'000'000'000)};
  unsigned met = 0;
  smart_host.answer = [&](const std::string& line) -> std::optional<std::string> {
    if (line != ". RCPT TO:<poison@a>") return std::nullopt;
    ++met;
    return "";
  };
  submit({"poison@a"});
  for (int i = 0; i < 20; ++i) submit({"b@b"});
  auto& running = start();
  run_until([&] {
    return logged("delivered ", 20) && met > 3 && it.log.count("possibly-delivered ") == met;
  });
  EXPECT_FALSE(running.status().paused_for);
}

TEST_F(DeliveryTest, AConnectionThatIsNotLetInBesideOthersIsNoReasonToStop) {
  settings.smart_hosts.front().connections = 4;
  smart_host.replies["connect"] = {"220 hi", "421 4.7.0 too many connections from you"};
  for (int i = 0; i < 100; ++i) submit({"a@a"});
  start();
  run_until([&] { return logged("delivered ", 100); });
  EXPECT_LE(smart_host.connections(), 4u);
  EXPECT_EQ(it.log.count("smart-host-trouble"), smart_host.connections() - 1);
  EXPECT_FALSE(delivery->status().paused_for);
}

TEST_F(DeliveryTest, WhatMayHaveBeenDeliveredGoesOneAtATime) {
  std::set<std::string> doubtful;
  for (int i = 0; i < 6; ++i) doubtful.insert(submit({"a@a"}));
  ASSERT_TRUE(it.queue.adopt(10));
  delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  ASSERT_TRUE(delivery->load_queue({{}, doubtful, {}}));
  run_until([&] { return logged("delivered ", 6); });
  EXPECT_EQ(smart_host.most_at_once, 1u);
}

TEST_F(DeliveryTest, FinishingWithoutASpanWaitsForWhatIsInFlight) {
  smart_host.answer = [](const std::string& line) -> std::optional<std::string> {
    return line.starts_with(". ") ? std::optional("-") : std::nullopt;
  };
  submit({"a@a"});
  auto& running = start();
  run_until([&] { return smart_host.messages.size() == 1; });
  bool finished = false;
  running.finish(std::nullopt, [&] { finished = true; });
  EXPECT_EQ(running.status().in_flight, 1u);
  EXPECT_FALSE(finished);
  running.finish(Milliseconds(0), [&] { finished = true; });
  run_until([&] { return finished; });
  EXPECT_TRUE(logged("possibly-delivered "));
}

TEST_F(DeliveryTest, FinishingWaitsForTheReplyAndBeginsNothingMore) {
  submit({"a@a"});
  submit({"b@b"});
  auto& running = start();
  bool finished = false;
  smart_host.message_came = [&] { running.finish(Seconds(20), [&] { finished = true; }); };
  run_until([&] { return finished; });
  EXPECT_EQ(it.log.count("delivered "), smart_host.messages.size());
  EXPECT_EQ(count_names(it.folder / "cur"), 2 - smart_host.messages.size());
}

TEST_F(DeliveryTest, FinishingEndsAtOnceWhatIsNotYetAtWork) {
  smart_host.replies["EHLO"] = {"250-still thinking"};  // half a reply
  submit({"a@a"});
  auto& running = start();
  run_until([&] { return smart_host.connections() == 1; });
  bool finished = false;
  running.finish(Seconds(25), [&] { finished = true; });
  net::Timer soon(loop);
  bool late = false;
  soon.start(Seconds(10), [&] { late = true; });
  run_until([&] { return finished; });
  EXPECT_FALSE(late);
}

}  // namespace
}  // namespace mailchute::relay
