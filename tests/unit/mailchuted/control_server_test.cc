// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchuted/control_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <functional>
#include <list>
#include <set>

#include "base/text.h"
#include "sys/listening_socket.h"
#include "unit/queue/fixture.h"

namespace mailchute::mailchuted {
namespace {

// Says one thing and listens until the server closes.
class Asker : public net::ConnectionUser {
 public:
  Asker(net::EventLoop& loop, const std::string& path) : loop_(loop) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    sys::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
    connection_ = std::move(*net::Connection::adopt(loop, std::move(socket)));
    connection_->set_user(this);
  }
  void say(const std::string& octets) { connection_->send(octets); }
  void on_octets(std::string_view octets) override { answer += octets; }
  void on_sent() override {}
  void on_tls(const net::TlsFacts&) override {}
  void on_closed(const Error&) override {
    closed = true;
    loop_.stop();
  }

  std::string answer;
  bool closed = false;

 private:
  net::EventLoop& loop_;
  std::unique_ptr<net::Connection> connection_;
};

class ControlServerTest : public ::testing::Test {
 protected:
  ControlServerTest() {
    settings.hostname = "here.example";
    settings.queue_directory = it.folder.path();
    settings.run_directory = run.path();
    socket.emplace(std::move(*sys::ListeningSocket::open(settings.control_socket(), 0666)));
    settings.smart_host.emplace();
    settings.smart_host->host = "127.0.0.1";
    settings.smart_host->port = 1;
    delivery.emplace(loop, it.queue, settings, router, "", nullptr, it.log, board);
    server.emplace(loop, sys::UniqueFd(::dup(socket->fd())), settings, *delivery, it.log,
                   nullptr, [this] { ++reloads; });
  }
  void run_loop() {
    net::Timer limit(loop);
    limit.start(Seconds(30), [this] {
      ADD_FAILURE() << "nothing happens any more";
      loop.stop();
    });
    loop.run();
  }
  std::string ask(const std::string& request) {
    Asker asker(loop, settings.control_socket());
    asker.say(request);
    while (!asker.closed && !::testing::Test::HasFailure()) run_loop();
    return asker.answer;
  }

  queue::QueueFixture it;
  queue::TemporaryFolder run;
  net::EventLoop loop;
  config::Settings settings;
  mail::Router router;
  relay::Board board = std::move(*relay::Board::create());
  std::optional<relay::Delivery> delivery;
  std::optional<sys::ListeningSocket> socket;
  std::optional<ControlServer> server;
  int reloads = 0;
};

TEST_F(ControlServerTest, ListsTheQueueAndCountsIt) {
  EXPECT_EQ(ask("LIST\n"), "OK requests=0 octets=0\n");
  const auto id = it.submit(queue::envelope_to({"a@a"}));
  const std::string answer = ask("LIST\n");
  EXPECT_EQ(answer.find(" " + id + "\tincoming\t"), 0u) << answer;
  EXPECT_NE(answer.find("\nOK requests=1 octets="), std::string::npos) << answer;
}

TEST_F(ControlServerTest, SaysHowTheSmartHostIs) {
  settings.file = "/etc/here\n.conf";
  const std::string answer = ask("STATUS\n");
  for (const char* line : {" smart_host=127.0.0.1:1\n", " state=ok\n", " waiting=0\n", " in_flight=0\n", " delivered=0\n",
                           " held=0\n", " failed=0\n", " octets=0\n", " configuration=/etc/here\\n.conf\n"}) {
    EXPECT_NE(answer.find(line), std::string::npos) << line << answer;
  }
  EXPECT_EQ(answer.find("oldest="), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\nOK\n")) << answer;
}

// No message has a reason of its own then, and who looks wants to know all the same.
TEST_F(ControlServerTest, SaysWithEachWaitingMessageWhyTheSmartHostIsPaused) {
  it.submit(queue::envelope_to({"a@a"}));
  delivery->look_for_new_mail();
  while (ask("STATUS\n").find("paused_for=") == std::string::npos && !HasFailure()) {
  }
  const std::string answer = ask("LIST\n");
  EXPECT_NE(answer.find("smart host is paused: connect to 127.0.0.1"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection refused"), std::string::npos) << answer;
}

TEST_F(ControlServerTest, CountsWhatNeedsSomebody) {
  auto entry = it.entry(queue::envelope_to({"a@a"}));
  ASSERT_TRUE(it.queue.hold(entry, "550 not you"));
  entry = it.entry(queue::envelope_to({"a@a"}));
  ASSERT_TRUE(it.queue.record(entry, std::vector<queue::Outcome>{{0, queue::RecipientStatus::failed, "550 no"}}));
  ASSERT_EQ(it.queue.untold(entry), queue::Disposition::failed);
  it.submit(queue::envelope_to({"a@a"}));
  const std::string answer = ask("STATUS\n");
  for (const char* line : {" incoming=1\n", " held=1\n", " failed=1\n", " oldest=1790000000.123\n"}) {
    EXPECT_NE(answer.find(line), std::string::npos) << line << answer;
  }
}

TEST_F(ControlServerTest, AListGoesOnBehindTheLastEntryOfAPage) {
  std::set<std::string> submitted, shown;
  auto envelope = queue::envelope_to({std::string(900, 'a') + "@a"});
  for (int i = 0; i < 200; ++i) {
    envelope.time += Milliseconds(i % 3);  // some at the same time
    submitted.insert(it.submit(envelope));
  }
  int pages = 0;
  for (std::string request = "LIST"; !request.empty() && !HasFailure(); ++pages) {
    const std::string answer = ask(request + "\n");
    EXPECT_LT(answer.size(), 70000u);
    for (const auto line : split(answer, '\n')) {
      if (!line.starts_with(" ")) continue;
      EXPECT_TRUE(shown.insert(std::string(line.substr(1, 26))).second) << "shown twice";
    }
    const auto next = answer.find(" next=");
    request = next == std::string::npos ? "" : "LIST " + answer.substr(next + 6, answer.size() - next - 7);
  }
  EXPECT_EQ(shown, submitted);
  EXPECT_GT(pages, 2);
}

TEST_F(ControlServerTest, APlaceInTheListMakesSenseAfterARestartToo) {
  const auto id = it.submit(queue::envelope_to({"a@a"}));
  EXPECT_NE(ask("LIST 1000000000.000/" + queue::new_queue_id() + "\n").find(id), std::string::npos);
  EXPECT_EQ(ask("LIST nonsense\n"), "ERROR unknown request LIST nonsense\n");
}

TEST_F(ControlServerTest, ShowsAnEntryByTheBeginningOfItsId) {
  const auto id = it.submit(queue::envelope_to({"a@a"}));
  const std::string whole = ask("SHOW " + id + "\n");
  EXPECT_EQ(whole.find(" entry=" + id + "\tincoming\t"), 0u) << whole;
  EXPECT_NE(whole.find("\n path=" + it.folder.path() + "/new/" + id + "\n"), std::string::npos) << whole;
  EXPECT_TRUE(whole.ends_with("\nOK\n"));
  EXPECT_EQ(ask("SHOW " + id.substr(0, 12) + "\n"), whole);
  EXPECT_EQ(ask("SHOW " + to_lower(id) + "\n"), whole);
  EXPECT_EQ(ask("SHOW " + queue::new_queue_id() + "\n").find("ERROR no entry "), 0u);
  EXPECT_EQ(ask("SHOW 8888\n"), "ERROR no entry 8888 in the queue\n");
  EXPECT_EQ(ask("SHOW 012\n").find("ERROR 012 is too short"), 0u);
}

TEST_F(ControlServerTest, NamesThoseThatBeginAlike) {
  const std::string beginning = "0123456789ABCDEFGHJKMNPQR";
  std::vector<std::string> ids;
  for (const char last : std::string_view("0123456789")) {
    ids.push_back(beginning + last);
    queue::write_file(it.in(queue::kFailed, ids.back()), "garbage");
  }
  const std::string answer = ask("SHOW 0123\n");
  EXPECT_EQ(answer, "ERROR more than one entry begins with 0123: " + ids[0] + " " + ids[1] + " " + ids[2] + " " + ids[3] +
                        " " + ids[4] + " and more\n");
  EXPECT_EQ(ask("RETRY 0123\n"), answer);
}

TEST_F(ControlServerTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(ask("list\n"), "ERROR unknown request list\n");
  EXPECT_EQ(ask("\x1b[2J\n"), "ERROR unknown request \\x1b[2J\n");
  EXPECT_EQ(ask("RETRY nonsense\n").find("ERROR "), 0u);
  EXPECT_EQ(ask("RETRY \n").find("ERROR "), 0u);
  EXPECT_EQ(ask(std::string(100000, 'x')), "ERROR request not understood\n");
}

TEST_F(ControlServerTest, RetriesAllOrWhatIsNamed) {
  EXPECT_EQ(ask("RETRY *\n"), "OK messages=0\n");
  const std::string id = queue::new_queue_id();
  EXPECT_EQ(ask("RETRY " + id + "\n"), "ERROR no entry " + id + " in the queue\n");
}

TEST_F(ControlServerTest, PutsAHeldMessageBackWhenItIsNamed) {
  auto entry = it.entry(queue::envelope_to({"a@a"}));
  ASSERT_TRUE(it.queue.hold(entry, "550 not you"));
  EXPECT_EQ(ask("RETRY *\n"), "OK messages=0\n");
  EXPECT_TRUE(it.has(queue::kHeld, entry.id()));
  EXPECT_EQ(ask("RETRY " + entry.id().substr(0, 20) + "\n"), "OK messages=1\n");
  EXPECT_TRUE(it.has(queue::kCur, entry.id()));
}

TEST_F(ControlServerTest, AnEndlessNumberOfClientsCostsTheOldest) {
  std::list<Asker> crowd;
  for (int i = 0; i < 100; ++i) crowd.emplace_back(loop, settings.control_socket());
  while (!crowd.front().closed && !HasFailure()) run_loop();
  EXPECT_FALSE(crowd.back().closed);
  crowd.back().say("STATUS\n");
  while (!crowd.back().closed && !HasFailure()) run_loop();
  EXPECT_NE(crowd.back().answer.find("\nOK\n"), std::string::npos);
}

TEST_F(ControlServerTest, AReloadIsAnsweredWhenItIsDoneInOrder) {
  Asker first(loop, settings.control_socket()), second(loop, settings.control_socket());
  first.say("RELOAD\n");
  const auto run_until = [&](const std::function<bool()>& done) {
    net::Timer look(loop);
    std::function<void()> check = [&] { done() ? loop.stop() : look.start(Milliseconds(1), check); };
    check();
    run_loop();
  };
  run_until([&] { return reloads == 1; });
  second.say("RELOAD\n");
  run_until([&] { return reloads == 2; });
  EXPECT_EQ(first.answer + second.answer, "");
  server->reloaded(failure(Error::Kind::config, "conf:1: a\nconf:2: b"));
  while (!first.closed && !HasFailure()) run_loop();
  EXPECT_EQ(first.answer, "ERROR conf:1: a\\nconf:2: b\n");
  EXPECT_EQ(second.answer, "");
  server->reloaded({});
  while (!second.closed && !HasFailure()) run_loop();
  EXPECT_EQ(second.answer, "OK configuration reloaded\n");
}

TEST_F(ControlServerTest, RetiredItAnswersWhoIsThereAndNobodyElse) {
  Asker asker(loop, settings.control_socket());
  asker.say("RELOAD\n");
  net::Timer look(loop);
  std::function<void()> check = [&] { reloads == 1 ? loop.stop() : look.start(Milliseconds(1), check); };
  check();
  run_loop();
  bool idle = false;
  server->retire([&] { idle = true; });
  Asker late(loop, settings.control_socket());
  late.say("STATUS\n");
  server->reloaded({});
  while (!(asker.closed && idle) && !HasFailure()) run_loop();
  EXPECT_EQ(asker.answer, "OK configuration reloaded\n");
  EXPECT_EQ(late.answer, "");
}

}  // namespace
}  // namespace mailchute::mailchuted
