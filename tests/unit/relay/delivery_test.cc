// SPDX-License-Identifier: GPL-3.0-or-later
// A queue in a temporary folder, a smart host on the loopback in the same event loop.
#include "relay/delivery.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <list>
#include <map>

#include "net/listener.h"
#include "unit/queue/fixture.h"

namespace mailchute::relay {
namespace {

using queue::count_names;

// Takes commands a line at a time; `replies` says what is answered to a verb instead of "250 ok".
class SmartHost {
 public:
  explicit SmartHost(net::EventLoop& loop)
      : listener_(std::move(*net::Listener::tcp(loop, "127.0.0.1", 0, [this](auto connection) {
          clients_.push_back(std::make_unique<Client>(*this, std::move(connection)));
        }))) {}

  std::uint16_t port() const { return listener_.port(); }
  std::size_t connections() const { return clients_.size(); }

  std::map<std::string, std::vector<std::string>> replies;  // the last one from then on; "" hangs up
  std::vector<std::string> messages;
  std::function<void()> message_came;

 private:
  class Client : public net::ConnectionUser {
   public:
    Client(SmartHost& host, std::unique_ptr<net::Connection> connection)
        : host_(host), connection_(std::move(connection)) {
      connection_->set_user(this);
      connection_->send("220 hi\r\n");
    }
    void on_octets(std::string_view octets) override {
      input_ += octets;
      for (std::size_t end; connection_ && (end = input_.find("\r\n")) != std::string::npos;) {
        const std::string line = input_.substr(0, end);
        input_.erase(0, end + 2);
        take(line);
      }
    }
    void on_sent() override {}
    void on_tls(const net::TlsFacts&) override {}
    void on_closed(const Error&) override {}

   private:
    void take(const std::string& line) {
      if (in_message_ && line != ".") {
        text_ += line + "\n";
        return;
      }
      if (in_message_) {
        in_message_ = false;
        host_.messages.push_back(std::exchange(text_, {}));
        say("dot", "250 queued");
        if (host_.message_came) host_.message_came();
        return;
      }
      const std::string verb = line.substr(0, line.find(' '));
      in_message_ = verb == "DATA";
      say(verb, in_message_ ? "354 go on" : "250 ok");
    }
    void say(const std::string& verb, std::string reply) {
      auto& script = host_.replies[verb];
      if (!script.empty()) reply = script.front();
      if (script.size() > 1) script.erase(script.begin());
      if (reply.empty()) return connection_.reset();
      connection_->send(reply + "\r\n");
    }
    SmartHost& host_;
    std::unique_ptr<net::Connection> connection_;
    std::string input_;
    std::string text_;
    bool in_message_ = false;
  };

  std::list<std::unique_ptr<Client>> clients_;
  net::Listener listener_;
};

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() {
    settings.hostname = "here.example";
    settings.queue_directory = it.folder.path();
    settings.retry = {Seconds(3600), Seconds(3600), Seconds(5 * 86400)};
    settings.smart_host.emplace();
    settings.smart_host->host = "127.0.0.1";
    settings.smart_host->port = smart_host.port();
    settings.smart_host->tls = config::Tls::none;
  }

  Delivery& start() {
    delivery.emplace(loop, it.queue, settings, "", nullptr, it.log);
    EXPECT_TRUE(delivery->load_queue());
    delivery->look_for_new_mail();
    return *delivery;
  }

  // Looks after each thing that happens.
  void run_until(std::function<bool()> done) {
    net::Timer limit(loop);
    limit.start(Seconds(30), [this] {
      ADD_FAILURE() << "nothing happens any more; log:\n" << ::testing::PrintToString(it.log.lines);
      loop.stop();
    });
    net::Timer look(loop);
    std::function<void()> again = [&] {
      if (done()) return loop.stop();
      look.start(Milliseconds(1), again);
    };
    look.start(Milliseconds(0), again);
    loop.run();
  }
  bool logged(std::string_view text, std::size_t times = 1) const { return it.log.count(text) >= times; }
  std::string submit(const std::vector<std::string>& recipients) {
    return it.submit(queue::envelope_to(recipients));
  }

  queue::QueueFixture it;
  net::EventLoop loop;
  SmartHost smart_host{loop};
  config::Settings settings;
  std::optional<Delivery> delivery;
};

TEST_F(DeliveryTest, DeliversWhatIsThereAndWhatComes) {
  submit({"a@a"});
  auto& running = start();
  run_until([&] { return logged("delivered ") && smart_host.messages.size() == 1; });
  submit({"b@b"});
  running.look_for_new_mail();
  run_until([&] { return logged("delivered ", 2); });
  EXPECT_EQ(smart_host.connections(), 1u);
  EXPECT_EQ(count_names(it.folder / "cur"), 0u);
  EXPECT_EQ(running.status().delivered, 2u);
  EXPECT_EQ(running.status().waiting, 0u);
}

TEST_F(DeliveryTest, WhatTheSmartHostTookIsNotSentAgainBecauseItCannotBeWrittenDown) {
  settings.retry.first = Seconds(0);
  smart_host.replies["RCPT"] = {"250 ok", "550 5.1.1 who?"};
  const auto id = submit({"a@a", "b@b"});
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  ::getrlimit(RLIMIT_FSIZE, &usual);
  const rlimit nothing{0, usual.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &nothing);  // as on a full disk
  start();
  run_until([&] { return logged("record-failed", 5); });
  EXPECT_EQ(smart_host.messages.size(), 1u);
  ::setrlimit(RLIMIT_FSIZE, &usual);
  run_until([&] { return logged("dead-letter"); });
  EXPECT_EQ(smart_host.messages.size(), 1u);
  EXPECT_TRUE(it.has(queue::kFailed, id));
}

TEST_F(DeliveryTest, WhatCouldNotBeReadAtFirstIsTakenLaterWithoutBeingAsked) {
  const auto id = submit({"a@a"});
  ::signal(SIGIO, SIG_IGN);
  sys::UniqueFd held(::open(it.in(queue::kNew, id).c_str(), O_RDONLY | O_CLOEXEC));
  if (::fcntl(held.get(), F_SETLEASE, F_WRLCK) != 0) GTEST_SKIP() << "no leases here";
  auto& running = start();
  run_until([&] { return it.has(queue::kCur, id); });
  EXPECT_EQ(running.status().waiting, 0u);
  held.reset();
  run_until([&] { return logged("delivered "); });
}

TEST_F(DeliveryTest, AMessageThatIsDueDoesNotWaitForAnIdleConnectionToEnd) {
  settings.retry.first = settings.retry.longest = Seconds(0);
  settings.smart_host->idle = Seconds(3600);
  smart_host.replies["MAIL"] = {"451 4.3.0 later", "250 ok"};
  submit({"a@a"});
  start();
  run_until([&] { return logged("delivered "); });
  EXPECT_EQ(smart_host.connections(), 1u);
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

TEST_F(DeliveryTest, ASmartHostThatOnlyHangsUpIsNotAskedAgainAtOnce) {
  smart_host.replies["RSET"] = {""};
  submit({"a@a"});
  auto& running = start();
  run_until([&] { return logged("smart-host-trouble"); });
  run_until([&] { return running.status().paused_for.has_value(); });
  EXPECT_EQ(smart_host.connections(), 1u);
}

TEST_F(DeliveryTest, AHeldMessageIsSentWhenItIsReleased) {
  smart_host.replies["MAIL"] = {"550 5.7.1 not you", "250 ok"};
  const auto id = submit({"a@a"});
  auto& running = start();
  run_until([&] { return it.has(queue::kHeld, id); });
  EXPECT_FALSE(running.retry(id));
  EXPECT_TRUE(running.release(id));
  EXPECT_FALSE(running.release(id)) << "it is not held any more";
  run_until([&] { return logged("delivered "); });
}

TEST_F(DeliveryTest, AnOldMessageFailsAfterItsThirdAttempt) {
  settings.retry = {Seconds(0), Seconds(0), Seconds(1)};  // the fixture's messages are older
  smart_host.replies["RCPT"] = {"450 4.2.0 grey"};
  const auto id = submit({"a@a"});
  start();
  run_until([&] { return logged("dead-letter"); });
  EXPECT_EQ(it.log.count("deferred "), 2u);
  EXPECT_EQ(it.log.count("status=5.4.7"), 1u);
  EXPECT_TRUE(it.has(queue::kFailed, id));
}

TEST_F(DeliveryTest, MailThatWaitsForAQueueRunWaits) {
  auto envelope = queue::envelope_to({"a@a"});
  envelope.wait_for_queue_run = true;
  const auto id = it.submit(envelope);
  auto& running = start();
  run_until([&] { return logged("queued "); });
  EXPECT_GT(*running.next_try(id), envelope.time);
  EXPECT_EQ(smart_host.connections(), 0u);
  running.retry_all();
  run_until([&] { return logged("delivered "); });
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
