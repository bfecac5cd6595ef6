// SPDX-License-Identifier: GPL-3.0-or-later
// Acts on a message whose final reply comes when a test lets it come.
#include "mailchuted/administration_task.h"

#include <gtest/gtest.h>

#include <list>

#include "net/listener.h"
#include "sys/clock.h"
#include "unit/mailchuted/server_fixture.h"

namespace mailchute::mailchuted {
namespace {

class SlowHost : public net::ConnectionUser {
 public:
  SlowHost(std::unique_ptr<net::Connection> connection, std::size_t& dots) : connection_(std::move(connection)), dots_(dots) {
    connection_->set_user(this);
    say("220 hi");
  }
  void say(const std::string& reply) { connection_->send(reply + "\r\n"); }
  void on_octets(std::string_view octets) override {
    input_ += octets;
    for (std::size_t end; (end = input_.find("\r\n")) != input_.npos; input_.erase(0, end + 2)) take(input_.substr(0, end));
  }
  void on_sent() override {}
  void on_tls(const net::TlsFacts&) override {}
  void on_closed(const Error&) override {}

 private:
  void take(const std::string& line) {
    const bool dot = text_ && line == ".";
    if (!text_) say(line == "DATA" ? "354 go on" : "250 ok");
    text_ = text_ ? !dot : line == "DATA";
    dots_ += dot;
  }
  std::unique_ptr<net::Connection> connection_;
  std::size_t& dots_;
  std::string input_;
  bool text_ = false;
};

class ActTaskTest : public ServerTest {
 protected:
  ActTaskTest() {
    settings.smart_hosts.front().port = listener.port();
    settings.smart_hosts.front().tls = config::Tls::none;
    delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
    id = it.submit(queue::envelope_to({"a@a"}));
    delivery->look_for_new_mail();
    run_until([&] { return dots == 1; });
  }
  std::unique_ptr<Task> task(const std::string& request) { return administration_task(request, {7, true}, desk); }
  // As far as it goes now.
  static std::optional<std::string> answer_of(Task& task) {
    std::string answer;
    while (task.ready()) {
      if (task.step(answer)) return answer;
    }
    return std::nullopt;
  }

  std::size_t dots = 0, woken = 0;
  std::list<SlowHost> clients;
  net::Listener listener = std::move(
      *net::Listener::tcp(loop, "127.0.0.1", 0, [this](auto connection) { clients.emplace_back(std::move(connection), dots); }));
  Tally tally{Time(Seconds(1'800'000'000))};
  Desk desk{settings, *delivery, queue::Index(settings.queue_directory), tally, Reloads([] {}), it.log, nullptr, [this] { ++woken; }};
  std::string id;
};

TEST_F(ActTaskTest, AnswersWhenTheTransactionIsOver) {
  const auto hold = task("HOLD id=" + id);
  EXPECT_EQ(answer_of(*hold), std::nullopt);
  EXPECT_EQ(woken, 0u);
  EXPECT_TRUE(it.has(queue::kCur, id));
  clients.front().say("451 4.3.0 later");
  run_until([&] { return woken == 1; });
  EXPECT_EQ(answer_of(*hold), " " + id + " done \nOK\n");
  EXPECT_TRUE(it.has(queue::kHeld, id));
  EXPECT_EQ(it.log.count("held id=" + id + " by=7 "), 1u);
}

TEST_F(ActTaskTest, SaysThatItIsNotDoneWhereThatTakesTooLongAndDoesItAllTheSame) {
  desk.patience = Milliseconds(0);
  const auto remove = task("REMOVE id=" + id);
  EXPECT_EQ(answer_of(*remove), " " + id +
                                    " later it is still being sent; what is left of it after that, unless mailchuted is stopped before\nOK\n");
  EXPECT_TRUE(it.has(queue::kCur, id));
  clients.front().say("451 4.3.0 later");
  run_until([&] { return !it.has(queue::kCur, id); });
  EXPECT_EQ(it.log.count("removed id=" + id + " by=7 "), 1u);
}

TEST_F(ActTaskTest, WhoHasGoneMeanwhileIsNotTold) {
  answer_of(*task("HOLD id=" + id));
  clients.front().say("250 ok");
  run_until([&] { return !it.has(queue::kCur, id); });
  EXPECT_EQ(it.log.count("not-done id=" + id + " what=hold by=7 reason=\"it has left the queue meanwhile; the log says how\""), 1u);
  EXPECT_EQ(woken, 0u);
}

}  // namespace
}  // namespace mailchute::mailchuted
