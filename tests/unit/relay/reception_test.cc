// SPDX-License-Identifier: GPL-3.0-or-later
#include "relay/reception.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <functional>

#include "sys/unique_fd.h"

namespace mailchute::relay {
namespace {

constexpr char kMessage[] =
    "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\n";

struct Messages : ReceptionUser {
  Result<> begin(Message message) override {
    text = "from " + message.envelope.reverse_path + ": ";
    return answer;
  }
  Result<> write(std::string_view octets) override {
    text += octets;
    return answer;
  }
  void end() override { ended(); }
  void abandon() override { text = "abandoned"; }
  void on_closed(const Error& reason) override { closed(reason); }

  std::string text;
  Result<> answer;
  std::function<void()> ended;
  std::function<void(const Error&)> closed;
};

class ReceptionTest : public testing::Test {
 protected:
  ReceptionTest() {
    settings_.server.hostname = "here";
    settings_.server.offered.pipelining = settings_.server.offered.chunking = true;
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    client_.reset(ends[0]);
    server_.reset(ends[1]);
    messages_.ended = [this] { reception_->stored(std::string("ID")); };
    messages_.closed = [this](const Error& reason) {
      reason_ = reason.text;
      reception_.reset();
      loop_.stop();
    };
  }

  void receive() {
    auto connection = net::Connection::adopt(loop_, std::move(server_));
    reception_.emplace(settings_, messages_, loop_, std::move(*connection));
  }
  void say(std::string_view octets) {
    EXPECT_EQ(::send(client_.get(), octets.data(), octets.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(octets.size()));
  }
  void hang_up() { ::shutdown(client_.get(), SHUT_WR); }
  std::string heard() {
    std::string text(1 << 20, '\0');
    const ssize_t size = ::recv(client_.get(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  // The client says it all and hangs up; what it was told.
  std::string talk(std::string_view script) {
    say(script);
    hang_up();
    receive();
    loop_.run();
    return heard();
  }

  ReceptionSettings settings_;
  Messages messages_;
  net::EventLoop loop_;
  sys::UniqueFd client_, server_;
  std::optional<Reception> reception_;
  std::string reason_;
};

TEST_F(ReceptionTest, HandsAMessageOn) {
  const std::string told = talk(std::string(kMessage) + "QUIT\r\n");
  EXPECT_EQ(messages_.text, "from a@b: Subject: x\n\n.\n");
  EXPECT_NE(told.find("250 Queued as ID\r\n221 "), std::string::npos) << told;
}

TEST_F(ReceptionTest, ReadsNothingMoreUntilTheMessageIsStored) {
  messages_.ended = [this] {
    messages_.text += "ended";
    loop_.post([this] { loop_.post([this] { reception_->stored(std::string("LATER")); }); });
  };
  const std::string told = talk(std::string(kMessage) + "NOOP\r\n" + kMessage + "QUIT\r\n");
  EXPECT_EQ(messages_.text, "from a@b: Subject: x\n\n.\nended");
  EXPECT_NE(told.find("250 Queued as LATER\r\n250 Ok\r\n"), std::string::npos) << told;
  EXPECT_TRUE(told.ends_with("250 Queued as LATER\r\n221 here closes the connection\r\n")) << told;
}

TEST_F(ReceptionTest, SaysWhyAMessageCannotBeTakenAndTakesNoMoreOfIt) {
  messages_.answer = failure(Error::Kind::io, "disk full");
  messages_.ended = [] { FAIL() << "it was refused"; };
  const std::string told = talk(std::string(kMessage) + "QUIT\r\n");
  EXPECT_NE(told.find("451 disk full\r\n221 "), std::string::npos) << told;
  EXPECT_EQ(messages_.text, "from a@b: ");
}

TEST_F(ReceptionTest, AbandonsWhatTheClientGivesUp) {
  const std::string told =
      talk("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 3\r\nhalRSET\r\nQUIT\r\n");
  EXPECT_EQ(messages_.text, "abandoned") << told;
}

TEST_F(ReceptionTest, ATornMessageIsNotEnded) {
  messages_.ended = [] { FAIL() << "there is no end"; };
  talk("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhalf\r\n.");
  EXPECT_EQ(reason_, "connection closed by peer");
}

TEST_F(ReceptionTest, SilentClientsAreToldToGo) {
  settings_.patience = Milliseconds(1);
  receive();
  loop_.run();
  EXPECT_EQ(heard(), "220 here ESMTP\r\n421 Waited too long\r\n");
}

TEST_F(ReceptionTest, WaitsForTheDiskLongerThanForAClient) {
  settings_.patience = Milliseconds(1);
  net::Timer slow_disk(loop_);
  messages_.ended = [&] {
    slow_disk.start(Milliseconds(50), [this] { reception_->stored(std::string("LATE")); });
  };
  say(kMessage);
  receive();
  loop_.run();
  const std::string told = heard();
  EXPECT_TRUE(told.ends_with("250 Queued as LATE\r\n421 Waited too long\r\n")) << told;
}

TEST_F(ReceptionTest, ClientsThatDoNotReadAreCutOff) {
  settings_.patience = Milliseconds(50);
  std::string noise = "EHLO me\r\n";
  for (int i = 0; i < 900; ++i) noise += "HELP\r\n";
  settings_.server.max_commands = 1u << 30;
  const int small = 4096;
  ::setsockopt(server_.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  say(noise);
  receive();
  loop_.run();
  EXPECT_EQ(reason_, "waited too long");
}

TEST_F(ReceptionTest, AnIdleClientGoesWhenAllIsToEnd) {
  receive();
  reception_->finish();
  loop_.run();
  EXPECT_EQ(heard(), "220 here ESMTP\r\n421 Shutting down; come back later\r\n");
}

TEST_F(ReceptionTest, AMessageUnderWayIsFinishedWhenAllIsToEnd) {
  messages_.ended = [this] {
    reception_->finish();
    reception_->stored(std::string("LAST"));
  };
  const std::string told = talk(std::string(kMessage) + "NOOP\r\n");
  EXPECT_TRUE(told.ends_with("250 Queued as LAST\r\n421 Shutting down; come back later\r\n")) << told;
}

TEST_F(ReceptionTest, WhoIsBrokenOffHearsWhy) {
  messages_.text = "none";
  say("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhalf");
  receive();
  net::Timer soon(loop_);
  std::function<void()> look = [&] {
    if (messages_.text == "from a@b: half") return reception_->break_off("4.3.2 Too many clients");
    soon.start(Milliseconds(1), look);
  };
  look();
  loop_.run();
  EXPECT_TRUE(heard().ends_with("\r\n421 Too many clients\r\n"));
  EXPECT_EQ(messages_.text, "abandoned");
}

}  // namespace
}  // namespace mailchute::relay
