// SPDX-License-Identifier: GPL-3.0-or-later
#include "sendmail/control_client.h"

#include "fake_daemon.h"
#include "fixture.h"

namespace mailchute::sendmail {
namespace {

class ControlClient : public TemporaryQueue {
 protected:
  Result<Answer> ask_for(const std::string& answer) {
    const std::string socket = settings_.control_socket();
    ::unlink(socket.c_str());
    FakeDaemon daemon(socket, {answer});
    auto client = connect_to_daemon(socket);
    if (!client) return failure(client.error());
    return ask(*client, "LIST");
  }
};

TEST_F(ControlClient, AnswerIsLinesAndALastOne) {
  const auto answer = ask_for(" one\n  two\n \nOK requests=2 octets=3\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->lines, (std::vector<std::string>{"one", " two", ""}));
  EXPECT_EQ(answer->text, "requests=2 octets=3");
  EXPECT_EQ(ask_for("OK\n")->text, "");
}

TEST_F(ControlClient, WithoutItsLastLineThereIsNoAnswer) {
  for (const std::string answer : {"", " one\n", " one\n OK\n", " one\nOK requests=1", "OKAY\n",
                                   " one\n\nOK\n", "ERROR", "what?\n"}) {
    const auto result = ask_for(answer);
    ASSERT_FALSE(result) << answer;
    EXPECT_EQ(result.error().kind, Error::Kind::temporary);
    EXPECT_NE(result.error().text.find("is it running?"), std::string::npos);
  }
}

TEST_F(ControlClient, RefusalIsTheDaemonsWord) {
  const auto result = ask_for(" one\nERROR not \x1b yours\n");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text, "mailchuted: not \\x1b yours");
  EXPECT_EQ(result.error().kind, Error::Kind::temporary);
}

TEST_F(ControlClient, NobodyListensThere) {
  const auto client = connect_to_daemon(settings_.control_socket());
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, Error::Kind::temporary);
}

}  // namespace
}  // namespace mailchute::sendmail
