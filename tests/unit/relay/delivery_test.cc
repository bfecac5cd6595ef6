// SPDX-License-Identifier: GPL-3.0-or-later
// A queue in a temporary folder, a smart host on the loopback in the same event loop.
#include "relay/delivery.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <list>
#include <map>
#include <set>

#include "net/listener.h"
#include "unit/net/run_until.h"
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

  std::map<std::string, std::vector<std::string>> replies;  // the last one from then on
  // Before `replies`: to a line, or to "." and the recipient. "" hangs up, "-" says nothing.
  std::function<std::optional<std::string>(const std::string& line)> answer;
  std::size_t open_now() const { return open_; }
  std::size_t most_at_once = 0;  // messages under way
  std::vector<std::string> messages;
  std::function<void()> message_came;

 private:
  class Client : public net::ConnectionUser {
   public:
    Client(SmartHost& host, std::unique_ptr<net::Connection> connection)
        : host_(host), connection_(std::move(connection)) {
      connection_->set_user(this);
      say("connect", "220 hi");
      ++host_.open_;
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
    void on_closed(const Error&) override { --host_.open_; }

   private:
    void take(const std::string& line) {
      if (in_message_ && line != ".") {
        text_ += line + "\n";
        return;
      }
      if (in_message_) {
        in_message_ = false;
        host_.messages.push_back(std::exchange(text_, {}));
        --host_.at_once_;
        say("dot", "250 queued", ". " + recipient_);
        if (host_.message_came) host_.message_came();
        return;
      }
      const std::string verb = line.substr(0, line.find(' '));
      in_message_ = verb == "DATA";
      if (verb == "RCPT") recipient_ = line;
      if (in_message_) host_.most_at_once = std::max(host_.most_at_once, ++host_.at_once_);
      say(verb, in_message_ ? "354 go on" : "250 ok", line);
    }
    void say(const std::string& verb, std::string reply, const std::string& line = {}) {
      auto& script = host_.replies[verb];
      if (!script.empty()) reply = script.front();
      if (script.size() > 1) script.erase(script.begin());
      if (host_.answer) reply = host_.answer(line).value_or(reply);
      if (reply == "-") return;
      if (reply.empty()) {
        --host_.open_;
        return connection_.reset();
      }
      connection_->send(reply + "\r\n");
    }
    SmartHost& host_;
    std::unique_ptr<net::Connection> connection_;
    std::string input_;
    std::string text_;
    std::string recipient_;
    bool in_message_ = false;
  };

  std::list<std::unique_ptr<Client>> clients_;
  std::size_t open_ = 0;
  std::size_t at_once_ = 0;
  net::Listener listener_;
};

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() {
    settings.hostname = "here.example";
    settings.queue_directory = it.folder.path();
    settings.retry = {Seconds(3600), Seconds(3600), Seconds(5 * 86400), std::nullopt};
    settings.smart_hosts.emplace_back();
    settings.smart_hosts.front().host = "127.0.0.1";
    settings.smart_hosts.front().port = smart_host.port();
    settings.smart_hosts.front().tls = config::Tls::none;
  }

  Delivery& start() {
    delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
    EXPECT_TRUE(delivery->load_queue());
    delivery->look_for_new_mail();
    return *delivery;
  }

  void run_until(const std::function<bool()>& done) { net::run_until(loop, done, it.log.lines); }
  bool logged(std::string_view text, std::size_t times = 1) const { return it.log.count(text) >= times; }
  void set_aliases(const std::string& text) {
    const auto read = [&](const std::string&, std::size_t) { return Result<std::string>(text); };
    router = mail::Router("here.example", "example.org", {}, mail::Aliases("/etc/aliases", "here.example", read));
  }
  static bool released(Delivery& from, const std::string& id) {
    const auto outcome = from.administration().act({Act::Verb::release}, id);
    return from.administration().commit() && outcome.what == Administration::Outcome::What::done;
  }
  std::string submit(const std::vector<std::string>& recipients) {
    return it.submit(queue::envelope_to(recipients));
  }

  queue::QueueFixture it;
  net::EventLoop loop;
  SmartHost smart_host{loop};
  config::Settings settings;
  mail::Router router;
  Board board = std::move(*Board::create());
  std::vector<Access> access = std::vector<Access>(1);
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
  EXPECT_EQ(running.status().waiting, 0u);
}

TEST_F(DeliveryTest, WhatTheSmartHostTookIsNotSentAgainBecauseItCannotBeWrittenDown) {
  settings.retry.first = Seconds(0);
  smart_host.replies["RCPT"] = {"250 ok", "550 5.1.1 who?", "250 ok"};
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
  run_until([&] { return logged("bounced") && smart_host.messages.size() > 1; });
  EXPECT_EQ(smart_host.messages.size(), 2u);
  EXPECT_NE(smart_host.messages[1].find("multipart/report"), std::string::npos);
  EXPECT_FALSE(it.has(queue::kCur, id));
}

TEST_F(DeliveryTest, TheSenderIsToldOfWhatIsNoAddressWithTheFirstOutcome) {
  smart_host.replies["RCPT"] = {"451 4.2.1 later", "250 ok"};
  settings.retry.first = Seconds(3600);
  auto envelope = queue::envelope_to({"a@a"});
  envelope.recipients.push_back({"b@@b", "", {}, "an '@' too many"});
  const auto id = it.submit(envelope);
  auto& running = start();
  run_until([&] { return logged("bounced id=" + id) && smart_host.messages.size() == 1; });
  EXPECT_NE(smart_host.messages[0].find("Status: 5.1.3"), std::string::npos);
  EXPECT_EQ(it.log.count("no-address id=" + id), 1u);
  running.retry_all();
  run_until([&] { return logged("delivered id=" + id); });
  EXPECT_EQ(smart_host.messages.size(), 2u);
  EXPECT_EQ(it.log.count("bounced"), 1u);
}

// Nobody could be told at first, and an administrator has put it back.
TEST_F(DeliveryTest, AMessageWhoseSenderIsOnlyToBeToldIsNotSent) {
  auto envelope = queue::envelope_to({"a@a"});
  envelope.recipients.push_back({"b@@b", "", {}, "an '@' too many"});
  auto entry = it.entry(envelope);
  const queue::Outcome outcomes[] = {{0, queue::RecipientStatus::done, ""}};
  ASSERT_EQ(it.queue.record(entry, outcomes), queue::Disposition::waiting);
  start();
  run_until([&] { return it.queue.ids()->empty(); });
  ASSERT_EQ(smart_host.messages.size(), 1u);
  EXPECT_NE(smart_host.messages[0].find("Status: 5.1.3"), std::string::npos);
}

TEST_F(DeliveryTest, TheSenderIsToldWhatASmartHostWithoutDsnWillNotTellHim) {
  auto envelope = queue::envelope_to({"a@a", "b@b"});
  envelope.recipients[0].notify.success = true;
  const auto id = it.submit(envelope);
  start();
  run_until([&] { return logged("notified id=" + id) && smart_host.messages.size() == 2; });
  EXPECT_NE(smart_host.messages[1].find("Final-Recipient: rfc822; a@a\nAction: relayed\nStatus: 2.0.0\n"
                                        "Remote-MTA: dns; 127.0.0.1\nDiagnostic-Code: smtp; 250 queued\n"),
            std::string::npos)
      << smart_host.messages[1];
  EXPECT_EQ(smart_host.messages[1].find("b@b"), std::string::npos);
  EXPECT_EQ(count_names(it.folder / "cur"), 0u);
}

TEST_F(DeliveryTest, ASmartHostWithDsnTellsTheSenderItself) {
  smart_host.replies["EHLO"] = {"250-mail\r\n250 DSN"};
  auto envelope = queue::envelope_to({"a@a"});
  envelope.recipients[0].notify.success = true;
  const auto id = it.submit(envelope);
  start();
  run_until([&] { return logged("delivered id=" + id) && it.queue.ids()->empty(); });
  EXPECT_EQ(smart_host.messages.size(), 1u);
}

TEST_F(DeliveryTest, TheSenderOfAnOldMessageIsToldOnceThatItHasToWait) {
  settings.retry.delay_notice = Seconds(4 * 3600);
  smart_host.replies["RCPT"] = {"451 4.2.1 later", "250 ok", "451 4.2.1 later", "250 ok"};
  const auto id = submit({"a@a"});
  auto& running = start();
  run_until([&] { return logged("notified id=" + id) && smart_host.messages.size() == 1; });
  EXPECT_NE(smart_host.messages[0].find("Action: delayed\n"), std::string::npos) << smart_host.messages[0];
  for (const std::size_t more : {2u, 3u}) {
    running.retry(id);
    run_until([&] { return logged("deferred id=" + id, more) || logged("delivered id=" + id); });
  }
  run_until([&] { return it.queue.ids()->empty(); });
  EXPECT_EQ(it.log.count("notified"), 1u);
  EXPECT_EQ(smart_host.messages.size(), 2u);
}

TEST_F(DeliveryTest, NobodyIsToldThatYoungMailHasToWait) {
  settings.retry.delay_notice = Seconds(4 * 3600);
  smart_host.replies["RCPT"] = {"451 4.2.1 later"};
  auto envelope = queue::envelope_to({"a@a"});
  envelope.time = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  const auto id = it.submit(envelope);
  start();
  run_until([&] { return logged("deferred id=" + id) && it.queue.load_info(id).attempts == 1; });
  EXPECT_EQ(it.queue.ids()->size(), 1u);
}

TEST_F(DeliveryTest, LocalRecipientsGetItWhereTheirAliasSays) {
  set_aliases("root: ann@a, bob@b\nnoreply: /dev/null\n");
  smart_host.replies["RCPT"] = {"250 ok", "451 4.2.1 later", "250 ok"};
  const auto id = submit({"root@here.example", "noreply@here.example"});
  auto& running = start();
  run_until([&] { return logged("deferred id=" + id); });
  EXPECT_TRUE(logged("to=<ann@a> original=rfc822;root@here.example"));
  EXPECT_TRUE(logged("discarded id=" + id));
  EXPECT_NE(support::file_content(it.in(queue::kCur, id)).find("Status: +-+"), std::string::npos);
  set_aliases("root: carl@c\n");
  running.retry_all();
  run_until([&] { return count_names(it.folder / "cur") == 0; });
  EXPECT_TRUE(logged("to=<bob@b>", 2)) << "once expanded, it stays so";
}

TEST_F(DeliveryTest, AnAliasThatCannotBeUsedKeepsItsMailUntilItIsMended) {
  set_aliases("root: |prog\n");
  const auto id = submit({"root@here.example", "you@a"});
  auto& running = start();
  run_until([&] { return logged("deferred id=" + id); });
  EXPECT_TRUE(logged("delivered id=" + id + " from=<sender@example.org> to=<you@a>", 1));
  EXPECT_TRUE(it.queue.load_info(id).reason.starts_with("/etc/aliases:1: '|prog'"));
  set_aliases("root: ann@a\n");
  running.retry_all();
  run_until([&] { return logged("to=<ann@a>"); });
  EXPECT_EQ(smart_host.messages.size(), 2u);
}

TEST_F(DeliveryTest, WhatAliasesRefuseComesBackWithTheirWords) {
  set_aliases("former: :fail: has left\n");
  const auto id = submit({"former@here.example"});
  start();
  run_until([&] { return logged("bounced id=" + id) && smart_host.messages.size() == 1; });
  for (const char* const part : {"Diagnostic-Code: x-mailchute; has left", "Status: 5.7.1", "former@here.example"}) {
    EXPECT_NE(smart_host.messages[0].find(part), std::string::npos) << smart_host.messages[0];
  }
  EXPECT_EQ(smart_host.messages[0].find("Remote-MTA"), std::string::npos) << "nobody was asked";
}

TEST_F(DeliveryTest, ANotificationToALocalSenderFindsTheAliasOfThatName) {
  set_aliases("root: ann@a\n");
  smart_host.answer = [](const std::string& line) -> std::optional<std::string> {
    return line.find("you@b") != line.npos ? std::optional("550 5.1.1 who?") : std::nullopt;
  };
  auto envelope = queue::envelope_to({"you@b"});
  envelope.reverse_path = "root@here.example";
  it.submit(envelope);
  start();
  run_until([&] { return logged("to=<ann@a>"); });
  EXPECT_EQ(count_names(it.folder / "cur"), 0u);
}

TEST_F(DeliveryTest, WhatMayHaveBeenDeliveredIsSoForAllWhoCameOutOfAnAlias) {
  set_aliases("root: ann@a, bob@b\n");
  const auto id = submit({"root@here.example"});
  ASSERT_TRUE(it.queue.adopt(10));
  delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  ASSERT_TRUE(delivery->load_queue({{}, {id}, {}}));
  EXPECT_NE(support::file_content(it.in(queue::kCur, id)).find("Status: ??"), std::string::npos);
  run_until([&] { return logged("delivered id=" + id, 2); });
}

TEST_F(DeliveryTest, WhatACrashLeftOwedIsSettledBeforeItsNotificationIsSent) {
  smart_host.replies["RCPT"] = {"550 5.1.1 who?", "250 ok"};
  const auto id = submit({"a@a"});
  start();
  run_until([&] { return logged("bounced") && it.queue.ids()->size() == 0; });
  ASSERT_EQ(smart_host.messages.size(), 1u);

  // Killed when the notification was queued, but the entry did not say so yet.
  for (const bool queued : {false, true}) {
    delivery.reset();
    smart_host.messages.clear();
    it.log.lines.clear();
    auto entry = it.entry(queue::envelope_to({"a@a"}));
    const queue::Outcome outcomes[] = {{0, queue::RecipientStatus::failed, "550 5.1.1 who?"}};
    ASSERT_EQ(it.queue.record(entry, outcomes), queue::Disposition::owed);
    if (queued) {
      auto writer = it.queue.create(entry.progress().notification, 0).value();
      ASSERT_TRUE(writer.begin(queue::envelope_to({"me@here"})) && writer.write("Subject: told\n") &&
                  writer.finish() && it.queue.commit(writer));
    }
    it.restart();
    start();
    run_until([&] { return it.queue.ids()->empty(); });
    ASSERT_EQ(smart_host.messages.size(), 1u);
    EXPECT_EQ(smart_host.messages[0].find("Subject: told") != std::string::npos, queued);
    EXPECT_EQ(it.log.count("bounced id=" + entry.id()), 1u);
    EXPECT_EQ(count_names(it.folder / queue::kFailed), 0u);
  }
}

TEST_F(DeliveryTest, ANotificationThatCannotBeQueuedDoesNotHoldUpTheOthers) {
  auto entry = it.entry(queue::envelope_to({"a@a", "b@b"}));
  const queue::Outcome outcomes[] = {{0, queue::RecipientStatus::failed, "550 5.1.1 who?"}};
  ASSERT_EQ(it.queue.record(entry, outcomes), queue::Disposition::owed);
  // Its draft has a place that cannot be had.
  const auto draft = it.in(queue::kWork, entry.progress().notification);
  queue::write_file(draft, "");
  auto& running = start();
  run_until([&] { return logged("delivered ") && logged("bounce-failed", 2); });
  EXPECT_EQ(smart_host.messages.size(), 1u);
  std::filesystem::remove(draft);
  EXPECT_EQ(running.retry_all(), 1u);
  run_until([&] { return it.queue.ids()->empty(); });
  ASSERT_EQ(smart_host.messages.size(), 2u);
  EXPECT_NE(smart_host.messages[1].find("multipart/report"), std::string::npos);
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

TEST_F(DeliveryTest, AHeldMessageIsSentWhenItIsReleased) {
  smart_host.replies["MAIL"] = {"550 5.7.1 not you", "250 ok"};
  const auto id = submit({"a@a"});
  auto& running = start();
  run_until([&] { return it.has(queue::kHeld, id); });
  EXPECT_FALSE(running.retry(id));
  EXPECT_TRUE(released(running, id));
  EXPECT_FALSE(released(running, id)) << "it is not held any more";
  run_until([&] { return logged("delivered "); });
}

TEST_F(DeliveryTest, AnOldMessageFailsAfterItsThirdAttempt) {
  settings.retry = {Seconds(0), Seconds(0), Seconds(1), std::nullopt};  // the fixture's messages are older
  smart_host.replies["RCPT"] = {"450 4.2.0 grey"};
  const auto id = submit({"a@a"});
  start();
  run_until([&] { return logged("bounced"); });
  EXPECT_EQ(it.log.count("deferred id=" + id), 2u);
  EXPECT_EQ(it.log.count("status=5.4.7"), 1u);
  EXPECT_FALSE(it.has(queue::kCur, id));
}

TEST_F(DeliveryTest, A421AtTheLastRecipientIsAnInterruptionToo) {
  smart_host.replies["RCPT"] = {"421 4.3.2 bye"};
  for (int i = 0; i < 10; ++i) submit({"a@a"});
  auto& running = start();
  run_until([&] { return running.status().paused_for.has_value() || it.log.count("deferred ") == 10; });
  EXPECT_EQ(it.log.count("deferred "), 2u) << "one, and a different one";
  EXPECT_TRUE(running.status().paused_for);
}

TEST_F(DeliveryTest, OneAttemptInSeveralTransactionsIsOneAnswer) {
  settings.retry = {Seconds(3600), Seconds(3600), Seconds(1), std::nullopt};  // the fixture's messages are older
  settings.smart_hosts.front().recipients_per_message = 1;
  smart_host.replies["RCPT"] = {"450 4.2.0 grey"};
  const auto id = submit({"a@a", "b@b", "c@c"});
  auto& running = start();
  run_until([&] { return it.log.count("to=<c@c>") == 1 && !running.in_flight(id); });
  EXPECT_EQ(it.log.count("deferred id=" + id), 3u);
  EXPECT_EQ(it.queue.load_info(id).answered, 1u);
}

TEST_F(DeliveryTest, AttemptsWithoutAnAnswerDoNotCount) {
  settings.retry = {Seconds(0), Seconds(0), Seconds(1), std::nullopt};
  smart_host.replies["MAIL"] = {"", "", "", "", "", "250 ok"};
  smart_host.replies["RCPT"] = {"450 4.2.0 grey", "450 4.2.0 grey", "250 ok"};
  const auto id = submit({"a@a"});
  start();
  run_until([&] { return logged("delivered "); });
  EXPECT_EQ(it.log.count("deferred id=" + id), 7u);
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
  run_until([&] { return logged("delivered ", 20) && met > 3; });
  EXPECT_EQ(it.log.count("possibly-delivered "), met);
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

TEST_F(DeliveryTest, WhatKillsWorkersIsHeldWithoutALookIntoIt) {
  const auto id = submit({"a@a"});
  ASSERT_TRUE(it.queue.adopt(10));
  delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  ASSERT_TRUE(delivery->load_queue({{}, {}, {{id, 3}}}));
  EXPECT_TRUE(it.has(queue::kHeld, id));
  EXPECT_TRUE(logged("died 3 times"));
  EXPECT_TRUE(logged("mailchute queue retry " + id));
  EXPECT_TRUE(released(*delivery, id));
  run_until([&] { return logged("delivered "); });
}

TEST_F(DeliveryTest, WhatAnOlderWorkerHasInHandIsLeftToItUntilItIsGone) {
  const auto id = submit({"a@a"});
  ASSERT_TRUE(it.queue.adopt(10));
  delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  ASSERT_TRUE(delivery->load_queue({{id}, {}, {}}));
  submit({"b@b"});
  delivery->look_for_new_mail();
  run_until([&] { return logged("delivered "); });
  EXPECT_TRUE(it.has(queue::kCur, id));
  delivery->elsewhere_gone({});
  delivery->elsewhere_gone({{id}, {}, {}});
  delivery->elsewhere_gone({{id}, {}, {}});
  run_until([&] { return logged("delivered ", 2); });
  EXPECT_EQ(smart_host.messages.size(), 2u);
}

// Submitted to an older worker over its socket, when this one had looked into the queue already.
TEST_F(DeliveryTest, TakesOverWhatNobodyTold) {
  start();
  const auto id = submit({"a@a"});
  ASSERT_EQ(it.queue.adopt(10)->size(), 1u);
  delivery->elsewhere_gone({});
  run_until([&] { return logged("delivered "); });
  EXPECT_FALSE(it.has(queue::kCur, id));
  EXPECT_EQ(smart_host.messages.size(), 1u);
}

// The older worker died: of one after its final dot, of another for the third time.
TEST_F(DeliveryTest, TakesOverWhatAnOlderWorkerLeftWhenItDied) {
  const auto doubtful = submit({"a@a"});
  const auto deadly = submit({"b@b"});
  const auto finished = submit({"c@c"});
  ASSERT_TRUE(it.queue.adopt(10));
  delivery.emplace(loop, it.queue, settings, router, access, it.log, board);
  ASSERT_TRUE(delivery->load_queue({{doubtful, deadly, finished}, {}, {}}));
  std::filesystem::remove(it.in(queue::kCur, finished));
  delivery->elsewhere_gone({{doubtful, deadly, finished}, {doubtful}, {{deadly, 3}}});
  EXPECT_TRUE(it.has(queue::kHeld, deadly));
  EXPECT_NE(support::file_content(it.in(queue::kCur, doubtful)).find("Status: ?"), std::string::npos);
  run_until([&] { return logged("delivered "); });
  EXPECT_EQ(smart_host.messages.size(), 1u);
  EXPECT_FALSE(logged("unreadable"));
}

TEST_F(DeliveryTest, TheBoardShowsWhatIsInHand) {
  const auto id = submit({"a@a"});
  std::vector<Board::InHand> seen;
  smart_host.message_came = [&] { seen = board.in_hand(); };
  start();
  run_until([&] { return logged("delivered "); });
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].id, id);
  EXPECT_TRUE(seen[0].sent);
  EXPECT_TRUE(board.in_hand().empty());
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
