// SPDX-License-Identifier: GPL-3.0-or-later
#include "mailchute/sink_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>

#include "support/temporary_folder.h"
#include "sys/unique_fd.h"

namespace mailchute {
namespace {

namespace fs = std::filesystem;

struct Lines : Log {
  void write(Severity, std::string_view line) override { text.append(line).append("\n"); }
  std::string text;
};

class SinkConnectionTest : public testing::Test {
 protected:
  SinkConnectionTest() {
    settings_.server.hostname = "sink";
    settings_.server.offered.pipelining = true;
  }

  // The client says it all, hangs up, and this is what it was told.
  std::string talk(std::string_view script) {
    auto maildir = Maildir::open(folder_.path(), "here");
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const sys::UniqueFd client(ends[0]);
    net::EventLoop loop;
    auto connection = net::Connection::adopt(loop, sys::UniqueFd(ends[1]));
    EXPECT_EQ(::send(client.get(), script.data(), script.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(script.size()));
    ::shutdown(client.get(), SHUT_WR);
    std::unique_ptr<SinkConnection> sink;
    settings_.server.consulted = script_.steps();
    const SinkShared shared{settings_, *maildir, script_, log_, loop};
    sink = std::make_unique<SinkConnection>(shared, std::move(*connection), [&](SinkConnection*) {
      sink.reset();
      loop.stop();
    });
    loop.run();
    std::string heard(65536, '\0');
    const ssize_t size = ::recv(client.get(), heard.data(), heard.size(), MSG_WAITALL);
    heard.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return heard;
  }

  std::vector<std::string> stored() const {
    std::vector<std::string> messages;
    for (const auto& file : fs::directory_iterator(folder_ / "new"))
      messages.push_back(support::file_content(file.path()));
    return messages;
  }

  support::TemporaryFolder folder_;
  relay::ReceptionSettings settings_;
  SinkScript script_;
  Lines log_;
};

TEST_F(SinkConnectionTest, StoresAMessageBelowWhatSmtpKnew) {
  const auto heard = talk(
      "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n"
      "Subject: =?utf-8?q?gr=C3=BCn?=\r\n\r\n..\r\n.\r\nQUIT\r\n");
  EXPECT_TRUE(heard.ends_with("221 sink closes the connection\r\n")) << heard;
  ASSERT_EQ(stored().size(), 1U);
  const std::string message = stored()[0];
  EXPECT_TRUE(message.starts_with(
      "Return-Path: <a@b>\nDelivered-To: c@d\nDelivered-To: e@f\nReceived: from me ("))
      << message;
  EXPECT_NE(message.find("\tby sink (mailchute sink) with ESMTP id "), std::string::npos);
  EXPECT_TRUE(message.ends_with("\nSubject: =?utf-8?q?gr=C3=BCn?=\n\n.\n"));
  EXPECT_NE(log_.text.find("accepted file="), std::string::npos);
  EXPECT_NE(log_.text.find(" from=<a@b> to=<c@d>,<e@f> recipients=2 "), std::string::npos) << log_.text;
  EXPECT_TRUE(log_.text.ends_with(" tls=none subject=gr\u00fcn\n")) << log_.text;
}

TEST_F(SinkConnectionTest, StoresNothingOfATornMessage) {
  talk("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhalf\r\n.");
  EXPECT_TRUE(stored().empty());
  EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
  EXPECT_NE(log_.text.find("lost reason="), std::string::npos);
}

TEST_F(SinkConnectionTest, ChecksUserAndPassword) {
  settings_.server.offered.auth = {"PLAIN"};
  settings_.server.auth_without_tls = settings_.server.auth_required = true;
  settings_.user = "me";
  settings_.password = secret::Secret::from("secret").value();
  const auto heard = talk(
      "EHLO me\r\nMAIL FROM:<a@b>\r\nAUTH PLAIN AG1lAGd1ZXNz\r\nAUTH PLAIN AG1lAHNlY3JldA==\r\n"
      "MAIL FROM:<a@b>\r\nQUIT\r\n");
  EXPECT_TRUE(
      heard.ends_with("530 Authentication required\r\n535 Wrong user or password\r\n"
                      "235 Welcome\r\n250 Ok\r\n221 sink closes the connection\r\n"))
      << heard;
}

TEST_F(SinkConnectionTest, DoesWhatTheScriptSays) {
  ASSERT_TRUE(script_.add_reply("RCPT=bob*1:451 4.2.0 later"));
  ASSERT_TRUE(script_.add_reply("MESSAGE*1:554 5.7.1 spam"));
  ASSERT_TRUE(script_.add_delay("CONNECT:1ms"));
  ASSERT_TRUE(script_.add_delay("QUIT:1ms"));
  const std::string message = "MAIL FROM:<a@b>\r\nRCPT TO:<bob@d>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n";
  const auto heard = talk("EHLO me\r\n" + message + message + "QUIT\r\n");
  EXPECT_NE(heard.find("250 Ok\r\n451 later\r\n250 Ok\r\n354 "), std::string::npos) << heard;
  EXPECT_NE(heard.find("554 spam\r\n250 Ok\r\n250 Ok\r\n250 Ok\r\n354 "), std::string::npos) << heard;
  EXPECT_TRUE(heard.ends_with("\r\n221 sink closes the connection\r\n")) << heard;
  EXPECT_EQ(stored().size(), 1U);
}

TEST_F(SinkConnectionTest, HangsUpWhereTheScriptSaysSo) {
  for (const char* step : {"CONNECT", "EHLO", "RCPT", "MESSAGE"}) {
    script_ = {};
    ASSERT_TRUE(script_.add_reply(std::string(step) + ":close"));
    const auto heard = talk("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
    EXPECT_EQ(heard.find("Queued"), std::string::npos) << heard;
    EXPECT_EQ(heard.empty(), std::string_view(step) == "CONNECT") << heard;
    EXPECT_TRUE(stored().empty() && fs::is_empty(folder_ / "tmp"));
  }
}

TEST_F(SinkConnectionTest, SaysSoWhenItCannotStore) {
  support::write_file(folder_ / "tmp", "in the way of the folder");
  const auto heard = talk("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\nQUIT\r\n");
  EXPECT_NE(heard.find("\r\n451 "), std::string::npos) << heard;
  EXPECT_NE(log_.text.find("refused reason="), std::string::npos);
}

}  // namespace
}  // namespace mailchute
