// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/smtp_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit/mailchuted/server_fixture.h"

namespace mailchute::mailchuted {
namespace {

using queue::count_names;

constexpr char kMessage[] =
    "MAIL FROM:<me@here>\r\nRCPT TO:<a@b>\r\nRCPT TO:<root>\r\nDATA\r\nSubject: x\r\n\r\ny\r\n.\r\n";

class SmtpServerTest : public ServerTest {
 protected:
  SmtpServerTest() { limits.hospitality.standstill = Seconds(3600); }
  void serve() {
    reception.server = smtp_options(settings);
    sys::UniqueFd socket;
    EXPECT_EQ(net::open_listening_socket(*net::SocketAddress::parse("127.0.0.1", 0), false, socket), 0);
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* const out = reinterpret_cast<sockaddr*>(&storage);
    EXPECT_EQ(::getsockname(socket.get(), out, &length), 0);
    address = net::SocketAddress::of(out, length);
    std::vector<SmtpSocket> sockets;
    sockets.push_back({address.text(), std::move(socket)});
    sockets.push_back({"[::1]:25", {}, "Address already in use"});
    server = std::make_unique<SmtpServer>(loop, std::move(sockets), it.queue, committer, settings, reception,
                                          *delivery, it.log, limits);
  }
  Speaker& speaker() { return speakers.emplace_back(loop, address); }
  Speaker& greeted() {
    Speaker& who = speaker();
    who.say("EHLO me\r\n");
    run_until([&] { return who.heard("250 HELP\r\n"); });
    return who;
  }
  std::size_t queued() const { return count_names(it.folder / "cur"); }

  Committer committer{loop, it.queue};
  relay::ReceptionSettings reception;
  SmtpLimits limits;
  net::SocketAddress address;
  std::unique_ptr<SmtpServer> server;
  std::list<Speaker> speakers;
};

TEST_F(SmtpServerTest, QueuesAMessageOfTheUserWhoConnected) {
  serve();
  Speaker& client = greeted();
  client.say(kMessage);
  run_until([&] { return client.heard("250 2.0.0 Queued as "); });
  const auto ids = it.queue.ids();
  ASSERT_EQ(ids->size(), 1u);
  EXPECT_TRUE(client.heard("Queued as " + ids->front() + "\r\n")) << client.said;
  auto entry = it.queue.load(ids->front());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->owner(), ::geteuid());
  EXPECT_EQ(entry->envelope().recipients.at(1).address, "root@here.example");
}

TEST_F(SmtpServerTest, WhoDoesNotWaitForTheAnswerHasHisMessageQueuedAllTheSame) {
  serve();
  Speaker& client = greeted();
  client.say(kMessage);
  run_until([&] { return client.heard("354 "); });
  client.hang_up();
  run_until([&] { return server->clients() == 0; });
  EXPECT_EQ(queued(), 1u);
}

TEST_F(SmtpServerTest, NothingStaysOfHalfAMessage) {
  serve();
  Speaker& client = greeted();
  client.say("MAIL FROM:<me@here>\r\nRCPT TO:<a@b>\r\nDATA\r\nSubject: x\r\n\r\nhalf\r\n");
  run_until([&] { return count_names(it.folder / "work") == 1; });
  client.hang_up();
  run_until([&] { return server->clients() == 0; });
  EXPECT_EQ(count_names(it.folder / "work"), 0u);
  EXPECT_EQ(queued(), 0u);
}

TEST_F(SmtpServerTest, WhatTheHeaderAddsCountsForTheLimit) {
  settings.message_size_limit = 100;
  serve();
  Speaker& client = greeted();
  client.say("MAIL FROM:<me@here>\r\nRCPT TO:<a@b>\r\nDATA\r\nSubject: x\r\n\r\n" + std::string(60, 'x') +
             "\r\n.\r\n");
  run_until([&] { return client.heard("\r\n554 5.6.0 "); });
  EXPECT_TRUE(client.heard("message_size_limit")) << client.said;
  EXPECT_EQ(queued(), 0u);
}

TEST_F(SmtpServerTest, WhoFindsNoPlaceIsTold) {
  limits.places = 2;
  serve();
  greeted();
  greeted();
  Speaker& third = speaker();
  run_until([&] { return third.closed; });
  EXPECT_EQ(third.said, "421 4.3.2 Too many clients; come back later\r\n");
  EXPECT_EQ(server->clients(), 2u);
}

TEST_F(SmtpServerTest, WhoStandsStillMakesRoom) {
  limits.places = 2;
  limits.hospitality.standstill = Milliseconds(0);
  serve();
  Speaker& first = greeted();
  Speaker& second = greeted();
  greeted();
  run_until([&] { return first.closed || second.closed; });
  EXPECT_TRUE((first.closed ? first : second).heard("421 4.3.2 Too many clients")) << first.said;
}

TEST_F(SmtpServerTest, WhoKeepsTooMuchInMemoryIsSentAway) {
  limits.memory = 100000;
  settings.message_size_limit = 0;
  serve();
  Speaker& client = greeted();
  client.say("MAIL FROM:<me@here>\r\nRCPT TO:<a@b>\r\nDATA\r\nSubject: " + std::string(200000, 'x'));
  run_until([&] { return client.closed; });
  EXPECT_TRUE(client.heard("\r\n421 4.3.1 ")) << client.said;
}

TEST_F(SmtpServerTest, EtrnIsAQueueRun) {
  serve();
  Speaker& client = greeted();
  EXPECT_TRUE(client.heard("250-ETRN\r\n"));
  client.say("ETRN example.org\r\n");
  run_until([&] { return client.heard("250 2.0.0 The queue is started: 0 messages\r\n"); });
}

TEST_F(SmtpServerTest, RetiringItTakesNobodyNewAndLetsMessagesBeFinished) {
  serve();
  Speaker& idle = greeted();
  Speaker& busy = greeted();
  busy.say("MAIL FROM:<me@here>\r\nRCPT TO:<a@b>\r\nDATA\r\nSubject: x\r\n");
  run_until([&] { return busy.heard("354 "); });
  unsigned late = 0;
  bool done = false;
  server->retire([&] { ++late; }, [&] { done = true; });
  run_until([&] { return idle.closed; });
  EXPECT_TRUE(idle.heard("\r\n421 4.3.2 ")) << idle.said;
  EXPECT_FALSE(done);
  busy.say("\r\ny\r\n.\r\n");
  run_until([&] { return done; });
  EXPECT_TRUE(busy.heard("Queued as ")) << busy.said;
  EXPECT_EQ(late, 1u);
  EXPECT_EQ(queued(), 1u);
}

TEST_F(SmtpServerTest, StoppingItWaitsForNobodyLonger) {
  serve();
  Speaker& busy = greeted();
  busy.say("MAIL FROM:<me@here>\r\nRCPT TO:<a@b>\r\nDATA\r\nhalf");
  run_until([&] { return busy.heard("354 "); });
  bool done = false;
  server->finish(Milliseconds(10), [&] { done = true; });
  run_until([&] { return done; });
  EXPECT_EQ(queued(), 0u);
}

TEST_F(SmtpServerTest, SaysWhereItListensAndWhereItCannot) {
  serve();
  EXPECT_EQ(server->addresses(), address.text());
  EXPECT_EQ(server->trouble(), "[::1]:25: Address already in use");
}

TEST(SmtpOptions, ThePasswordIsAskedForInTheClearOnlyWhereNobodyElseCanConnect) {
  config::Settings settings;
  mail::Router router;
  EXPECT_FALSE(smtp_options(settings).auth_required);
  settings.listener.emplace();
  settings.listener->user = "apps";
  EXPECT_TRUE(smtp_options(settings).auth_required);
  EXPECT_TRUE(smtp_options(settings).auth_without_tls);
  settings.listener->open_to_network = true;
  EXPECT_FALSE(smtp_options(settings).auth_without_tls);
}

}  // namespace
}  // namespace mailchute::mailchuted
